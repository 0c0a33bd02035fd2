// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/limits/limits_file.h"

#include "base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_FILE "new"

static bool write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        const ssize_t written = write(fd, text.ptr, text.len);
        if (written < 0)
            return false;
        text = slice_skip(text, (size_t)written);
    }
    return true;
}

// Dovecot compares seconds and sizes only.
static bool set_time(int fd, const char *old)
{
    struct stat before;
    time_t now = (time_t)clock_wall();
    if (stat(old, &before) == 0 && before.st_mtime >= now)
        now = before.st_mtime + 1;
    return futimens(fd, (const struct timespec[]){{.tv_sec = now}, {.tv_sec = now}}) == 0;
}

bool limits_file_write(const char *folder, unsigned shard, struct slice text)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    snprintf(path, sizeof path, "%s/%02x", folder, shard);
    snprintf(fresh, sizeof fresh, "%s/" NEW_FILE, folder);
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return false;
    const bool good = fchmod(fd, 0640) == 0 && write_all(fd, text) && set_time(fd, path);
    return close(fd) == 0 && good && rename(fresh, path) == 0;
}

void limits_file_clean(const char *folder)
{
    char fresh[PATH_MAX];
    snprintf(fresh, sizeof fresh, "%s/" NEW_FILE, folder);
    (void)unlink(fresh);
}
