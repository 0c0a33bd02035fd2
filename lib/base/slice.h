// SPDX-License-Identifier: BSD-2-Clause
// A borrowed run of bytes: it owns nothing, need not end in NUL and may hold any byte.
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_make(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

// `text` may be NULL, which gives an empty slice.
static inline struct slice slice_from(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

// Without its first `count` bytes; empty, at the end of `in`, where it has no more.
static inline struct slice slice_skip(struct slice in, size_t count)
{
    size_t skipped = count < in.len ? count : in.len;
    return skipped ? slice_make(in.ptr + skipped, in.len - skipped) : in;
}

bool slice_equal(struct slice a, struct slice b);

// Compares ASCII letters without case (RFC 5321 section 2.3.5: domains are case-insensitive).
bool slice_equal_nocase(struct slice a, struct slice b);

// memcmp order, the shorter first: the order of LMDB and of PostgreSQL's collation "C".
int slice_compare(struct slice a, struct slice b);

bool slice_has_prefix(struct slice in, struct slice prefix);
bool slice_has_prefix_nocase(struct slice in, struct slice prefix);
bool slice_has_suffix(struct slice in, struct slice suffix);
bool slice_has_suffix_nocase(struct slice in, struct slice suffix);

// Splits at the first `separator` into the parts before and after it. Returns false, with `*head` all of `in`
// and `*tail` empty, where there is none. The outputs may be the address of `in`'s own variable.
bool slice_split(struct slice in, char separator, struct slice *head, struct slice *tail);

// The same at the last `separator`.
bool slice_split_last(struct slice in, char separator, struct slice *head, struct slice *tail);

// Without ASCII blanks and tabs at both ends.
struct slice slice_trim(struct slice in);

// A decimal number without sign; false where it is empty, has another byte in it or exceeds `max`.
bool slice_number(struct slice in, unsigned long long max, unsigned long long *out);

// Copies into `out` with a closing NUL. Returns false, with an empty string in `out`, where it does not fit.
bool slice_copy(struct slice in, char *out, size_t size);

// The same with ASCII letters in lower case.
bool slice_copy_lower(struct slice in, char *out, size_t size);

#endif
