// SPDX-License-Identifier: BSD-2-Clause
// The file with the process id of a daemon that is ready. It is locked while the daemon runs: a second
// instance with the same file ends without touching it, a file left by a dead process is used again.
#ifndef DAEMON_PID_FILE_H
#define DAEMON_PID_FILE_H

#include "base/problem.h"

struct pid_file {
    const char *path; // borrowed; "" for none
    int fd;
};

// Opens and locks it, before privileges are dropped. Returns false with a human-readable message in
// `problem`; a file that another process holds is left as it is.
bool pid_file_open(struct pid_file *file, const char *path, struct problem *problem)
    __attribute__((warn_unused_result));

void pid_file_write(const struct pid_file *file);

// Removes it, if it was opened; where the process may not, it is left empty.
void pid_file_close(struct pid_file *file);

#endif
