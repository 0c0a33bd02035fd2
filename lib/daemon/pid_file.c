// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/pid_file.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool pid_file_open(struct pid_file *file, const char *path)
{
    *file = (struct pid_file){.path = path, .fd = -1};
    if (!*path)
        return true;
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    return file->fd >= 0;
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
