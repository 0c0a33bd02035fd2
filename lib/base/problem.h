// SPDX-License-Identifier: BSD-2-Clause
// A human-readable error message.
#ifndef BASE_PROBLEM_H
#define BASE_PROBLEM_H

#include <stdbool.h>

struct problem {
    char text[512]; // NUL-terminated; no newline at the end
};

// Replaces the text; a longer one is cut. Returns false, so that a function can fail with it:
//     return *value == '/' || problem_set(problem, "write an absolute path");
bool problem_set(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
