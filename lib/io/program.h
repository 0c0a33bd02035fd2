// SPDX-License-Identifier: BSD-2-Clause
// Runs a program of the system, such as sendmail(1), without blocking the loop.
#ifndef IO_PROGRAM_H
#define IO_PROGRAM_H

#include "base/slice.h"

#include <event2/event.h>
#include <stdint.h>

#define PROGRAM_OUTPUT_MAX 1024 // of its output, which is kept; the rest is read and dropped

struct program;

struct program_spec {
    const char *const *argv; // ends in NULL; argv[0] is the path
    struct slice input;      // its standard input, copied; it is whole even if this process ends first
    int64_t deadline_ms;     // then it is killed
    // Called once, from the loop, and never after program_cancel; the program has ended, and its memory is
    // freed before. `status` is that of waitpid(2), or -1 after the deadline; `output` the head of its
    // standard output and error.
    void (*on_end)(int status, const char *output, void *arg);
    void *arg;
};

// Returns NULL, with errno, if it cannot be started; then there is no callback. SIGCHLD must not be ignored.
struct program *program_start(struct event_base *base, const struct program_spec *spec);

// Kills it.
void program_cancel(struct program *program);

#endif
