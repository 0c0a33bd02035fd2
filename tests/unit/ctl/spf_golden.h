// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of several lines: "== title", then lines of `key value`, then "--", then what is printed.
#ifndef UNIT_CTL_SPF_GOLDEN_H
#define UNIT_CTL_SPF_GOLDEN_H

#include "wire/spf_codec.h"

#include <stdio.h>

// Prints what the tested module makes of a case.
typedef void (*spf_golden_answer)(struct slice input, FILE *out);

// Runs each case of tests/cases/`path`; fails the test, after it has printed what differs, if something does
// or if the file has no case.
void spf_golden_check(const char *path, spf_golden_answer answer);

// Takes a line off the front of `*input`; false after the last.
bool spf_golden_next(struct slice *input, struct slice *key, struct slice *value);

// The value of a word or phrase of wire/spf.h; fails the test if it is none.
enum spf_result spf_golden_result(struct slice word);
enum spf_problem spf_golden_problem(struct slice words);

#endif
