// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/pid_file.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool name_holder(int fd, struct problem *problem)
{
    char text[32] = "";
    const ssize_t got = pread(fd, text, sizeof text - 1, 0);
    const long pid = got > 0 ? strtol(text, NULL, 10) : 0;
    return pid > 0 ? problem_set(problem, "another instance runs as process %ld", pid)
                   : problem_set(problem, "another instance is starting or stopping");
}

static bool fail(struct problem *problem)
{
    return problem_set(problem, "%s", strerror(errno));
}

// The file at the path may be removed, by the one that held it, between our open and our lock.
static bool still_there(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

static bool hold(int fd, const char *path, struct problem *problem)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? name_holder(fd, problem) : fail(problem);
    if (!still_there(fd, path))
        return problem_set(problem, "another instance was just stopping; start again");
    return ftruncate(fd, 0) == 0 || fail(problem);
}

bool pid_file_open(struct pid_file *file, const char *path, struct problem *problem)
{
    struct problem why;
    *file = (struct pid_file){.path = path, .fd = -1};
    if (!*path)
        return true;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0 ? fail(&why) : hold(fd, path, &why)) {
        file->fd = fd;
        return true;
    }
    if (fd >= 0)
        close(fd);
    return problem_set(problem, "pid_file %s: %s", path, why.text);
}

void pid_file_write(const struct pid_file *file)
{
    if (file->fd >= 0 && dprintf(file->fd, "%ld\n", (long)getpid()) < 0)
        log_warn("cannot write the process id: %s path=%s", strerror(errno),
                 log_value(slice_from(file->path)).text);
}

void pid_file_close(struct pid_file *file)
{
    if (file->fd < 0)
        return;
    if (unlink(file->path) != 0)
        (void)!ftruncate(file->fd, 0);
    close(file->fd);
    file->fd = -1;
}
