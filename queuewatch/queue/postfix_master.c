// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/postfix_master.h"

#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

// The file holds the number after blanks, and a line feed.
static bool read_pid(const char *path, pid_t *out)
{
    char text[32];
    unsigned long long pid;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (!slice_number(slice_trim(slice_make(text, len > 0 ? (size_t)len : 0)), INT_MAX, &pid) || pid == 0)
        return false;
    *out = (pid_t)pid;
    return true;
}

enum postfix_master postfix_master_look(const char *folder)
{
    char path[PATH_MAX];
    pid_t pid = 0;
    if (snprintf(path, sizeof path, "%s/pid/master.pid", folder) >= (int)sizeof path || !read_pid(path, &pid))
        return POSTFIX_MASTER_UNKNOWN;
    return kill(pid, 0) == 0 || errno == EPERM ? POSTFIX_MASTER_RUNS : POSTFIX_MASTER_STOPPED;
}
