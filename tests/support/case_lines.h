// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of one line: `input => expected`. Blank lines and lines that begin with "#" are skipped; in
// the input "\xHH" is a byte and any other backslash is itself.
#ifndef UNIT_CASE_LINES_H
#define UNIT_CASE_LINES_H

#include "base/slice.h"

#define CASE_ANSWER_MAX 1024

// Writes what the tested function makes of `input`, as text, to `out`.
typedef void (*case_answer)(struct slice input, char out[CASE_ANSWER_MAX]);

// Runs each case of tests/cases/`path`; fails the test, after it has printed all wrong lines, if there are
// any or if the file has no case.
void case_lines_check(const char *path, case_answer answer);

#endif
