// SPDX-License-Identifier: BSD-2-Clause
// The trace of a check: one human-readable line per step.
#ifndef SPF_SPF_TRACE_H
#define SPF_SPF_TRACE_H

#include "dns/dns_answer.h"
#include "spfrecord/record.h"

struct spf_trace {
    char *out; // NULL: none is wanted
    size_t len, size;
};

// `out` holds `size` bytes with its closing NUL; NULL: write nothing.
void spf_trace_begin(struct spf_trace *trace, char *out, size_t size);

// Adds a line, as printf. Bytes that are not printable ASCII are "?"; the rest of a line that does not fit is
// left out.
void spf_trace_line(struct spf_trace *trace, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Copies as much of `in` as fits; bytes that are not printable ASCII are "?".
void spf_trace_printable(struct slice in, char *out, size_t size);

// "name TYPE what was found".
void spf_trace_answer(struct spf_trace *trace, const char *name, enum dns_type type,
                      const struct dns_answer *answer);

#endif
