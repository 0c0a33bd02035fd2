// SPDX-License-Identifier: BSD-2-Clause
#ifndef DAEMON_PID_FILE_H
#define DAEMON_PID_FILE_H

#include <stdbool.h>

// The file that says under which process id a daemon is ready. It is opened with the starter's rights and
// written later.
struct pid_file {
    const char *path; // borrowed; "" for none
    int fd;
};

// Returns false with errno set.
bool pid_file_open(struct pid_file *file, const char *path) __attribute__((warn_unused_result));
void pid_file_write(const struct pid_file *file);

// Removes it; where the process may not, it is left empty.
void pid_file_close(struct pid_file *file);

#endif
