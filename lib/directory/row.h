// SPDX-License-Identifier: BSD-2-Clause
// A row in its three forms: the texts PostgreSQL sends, the struct of schema.h, and the key and value that
// the replica stores. All follow from the kind's field table.
#ifndef DIRECTORY_ROW_H
#define DIRECTORY_ROW_H

#include "base/problem.h"
#include "directory/schema.h"

#define ROW_KEY_MAX 511                                           // LMDB's own bound on a key
#define ROW_VALUE_MAX (SCHEMA_FIELDS_MAX * (SCHEMA_TEXT_MAX + 2)) // every field a text of two length bytes

// Bytes that grow up to a bound; for keys and values on the stack.
struct row_key {
    size_t len;
    char bytes[ROW_KEY_MAX];
};

struct row_value {
    size_t len;
    char bytes[ROW_VALUE_MAX];
};

// Reads one text per field, in the table's order and in PostgreSQL's text format; a NULL pointer is null. The
// row's slices point into `texts`. Returns false for an invalid row, with a human-readable message in
// `reason`.
bool row_parse(enum directory_kind kind, const struct slice *texts, union schema_row *out,
               struct problem *reason) __attribute__((warn_unused_result));

// The key: the key fields, a NUL between them. False where it is longer than ROW_KEY_MAX.
bool row_key(enum directory_kind kind, const union schema_row *row, struct row_key *out)
    __attribute__((warn_unused_result));

// The same from texts: `second` is ignored where the kind has one key field.
bool row_key_of(enum directory_kind kind, struct slice first, struct slice second, struct row_key *out)
    __attribute__((warn_unused_result));

// The value: each field but the first, which is in the key. False where a text is longer than
// SCHEMA_TEXT_MAX.
bool row_encode(enum directory_kind kind, const union schema_row *row, struct row_value *out)
    __attribute__((warn_unused_result));

// The inverse; the row's slices point into `key` and `value`. `out` is one of schema.h's structs, of that
// kind. False for bytes that row_encode cannot have written.
bool row_decode(enum directory_kind kind, struct slice key, struct slice value, void *out)
    __attribute__((warn_unused_result));

#endif
