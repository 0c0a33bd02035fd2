// SPDX-License-Identifier: BSD-2-Clause
// A human-readable error message.
#ifndef BASE_PROBLEM_H
#define BASE_PROBLEM_H

struct problem {
    char text[512]; // NUL-terminated; no newline at the end
};

// Replaces the text. A longer one is cut.
void problem_set(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
