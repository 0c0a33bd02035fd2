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

static char problem[512];

static const char *fail(const char *path, const char *why)
{
    snprintf(problem, sizeof problem, "pid_file %s: %s", path, why);
    return problem;
}

static const char *name_holder(int fd, const char *path)
{
    char text[32] = "", why[80];
    const ssize_t got = pread(fd, text, sizeof text - 1, 0);
    const long pid = got > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 0)
        snprintf(why, sizeof why, "another instance runs as process %ld", pid);
    else
        snprintf(why, sizeof why, "another instance is starting or stopping");
    return fail(path, why);
}

// The file at the path may be removed, by the one that held it, between our open and our lock.
static bool still_there(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

const char *pid_file_open(struct pid_file *file, const char *path)
{
    *file = (struct pid_file){.path = path, .fd = -1};
    if (!*path)
        return NULL;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fail(path, strerror(errno));
    const char *why = NULL;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        why = errno == EWOULDBLOCK ? name_holder(fd, path) : fail(path, strerror(errno));
    else if (!still_there(fd, path))
        why = fail(path, "another instance was just stopping; start again");
    else if (ftruncate(fd, 0) != 0)
        why = fail(path, strerror(errno));
    if (why)
        close(fd);
    else
        file->fd = fd;
    return why;
}

void pid_file_write(const struct pid_file *file)
{
    if (file->fd >= 0 && dprintf(file->fd, "%ld\n", (long)getpid()) < 0)
        log_warn("cannot write the process id: %s path=%s", strerror(errno), file->path);
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
