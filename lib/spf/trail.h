// SPDX-License-Identifier: BSD-2-Clause
// The trail of a check: a line a step, for people.
#ifndef SPF_TRAIL_H
#define SPF_TRAIL_H

#include "dns/resolver.h"
#include "spf/record.h"

struct trail {
    char *out; // NULL: nobody reads it
    size_t len, size;
};

// `out` holds `size` bytes with its closing NUL; NULL: write nothing.
void trail_begin(struct trail *trail, char *out, size_t size);

// Adds a line, as printf. Bytes that are not printable ASCII are "?"; what does not fit is left out.
void trail_line(struct trail *trail, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Copies what fits of `in`; bytes that are not printable ASCII are "?".
void trail_printable(struct slice in, char *out, size_t size);

// "name TYPE what was found".
void trail_answer(struct trail *trail, const char *name, enum resolver_type type,
                  const struct resolver_answer *answer);

#endif
