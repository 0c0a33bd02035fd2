// SPDX-License-Identifier: BSD-2-Clause
// Faults of the program itself.
#ifndef BASE_BUG_H
#define BASE_BUG_H

// Logs a state that is impossible in a correct program and calls abort(), which leaves a core dump.
void bug_abort(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
