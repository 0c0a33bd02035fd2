// SPDX-License-Identifier: BSD-2-Clause
#include "io/process_number.h"

#include "base/slice.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

bool process_number_read(const char *path, pid_t *out)
{
    char text[64];
    unsigned long long pid;
    struct slice line, rest;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    (void)slice_split(slice_make(text, len > 0 ? (size_t)len : 0), '\n', &line, &rest);
    if (!slice_number(slice_trim(line), INT_MAX, &pid) || pid == 0)
        return false;
    *out = (pid_t)pid;
    return true;
}
