// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of SPF checks: a zone, and checks against it. tests/cases/spf/check.cases says how they are
// written.
#ifndef UNIT_SPF_CASES_H
#define UNIT_SPF_CASES_H

#include "zone.h"

#include <stdio.h>

#define CASE_LINE_MAX 70000

// One check and what is expected of it.
struct spf_case {
    char title[256];
    struct spf_request request;
    unsigned expectations;
    char expected[8][1024];
    struct zone *zone;
};

struct cases {
    FILE *file;
    const char *path;
    int line;
    char held[CASE_LINE_MAX]; // a line that belongs to what comes next
    bool holds;
    char title[256];
    struct zone *zone;
};

void cases_open(struct cases *cases, const char *path);
void cases_close(struct cases *cases);

// Returns false at the end. What `out` points to lives until the next call.
bool cases_next(struct cases *cases, struct spf_case *out);

// Returns whether the verdict is as expected; prints what is not.
bool cases_holds(const struct cases *cases, const struct spf_case *it, const struct spf_verdict *verdict);

#endif
