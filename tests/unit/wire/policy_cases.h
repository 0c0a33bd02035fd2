// SPDX-License-Identifier: BSD-2-Clause
// Reads tests/cases/wire/policy.cases, whose head describes the form, and renders requests in it.
#ifndef UNIT_POLICY_CASES_H
#define UNIT_POLICY_CASES_H

#include "wire/policy.h"

#include <stdio.h>

struct policy_case {
    char title[200];
    char *input; // from malloc(3), as is `expected`
    size_t input_len;
    char *expected; // results without "= ", each ended by a line feed; "\xHH" is undone
    size_t expected_len;
};

// Reads the next case. Returns false at the end of the file; the test fails where the form is broken.
bool policy_case_read(FILE *file, struct policy_case *out);
void policy_case_finish(struct policy_case *it);

// Appends "ok" and one line per field that is set.
void policy_case_render(FILE *out, const struct policy_request *request);

#endif
