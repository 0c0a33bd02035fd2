// SPDX-License-Identifier: BSD-2-Clause
// A child process, what it prints, and a deadline: the common ground of those who run programs.
#ifndef CTL_CHILD_PROCESS_H
#define CTL_CHILD_PROCESS_H

#include "base/slice.h"

enum child_end {
    CHILD_ENDED,      // its output was read to the end, and it has ended
    CHILD_LATE,       // killed at the deadline
    CHILD_CUT,        // killed since `take` had enough
    CHILD_UNREADABLE, // killed since its output cannot be read; errno says why
    CHILD_NONE        // it could not be started; errno says why
};

enum { CHILD_NOT_FOUND = 127 }; // the exit code of a child without a program, as in sh(1)

struct child_process {
    void (*act)(const void *arg, int to); // called in the child; prints to `to` and does not return
    const void *arg;
    int wait_ms;
    bool (*take)(void *into, struct slice bytes); // gets each piece of output; false: enough
    void *into;
};

// Runs it to its end, and fills in `status` (waitpid(2)) unless it is CHILD_NONE. A child that made itself
// the leader of a process group is killed with its group.
enum child_end child_process_run(const struct child_process *process, int *status)
    __attribute__((warn_unused_result));

// In the child: becomes the program `argv`, which ends in NULL, found by PATH or in /usr/sbin, /usr/bin,
// /sbin, /bin. Returns only if that fails; errno says why.
void child_process_exec(const char *const *argv);

#endif
