// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/activity_spool.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

static bool write_all(FILE *out, const struct activity_batch *list, const struct activity_batch *current)
{
    for (const struct activity_batch *batch = list; batch; batch = batch->next)
        if (!activity_batch_write(batch, out))
            return false;
    return !current || activity_batch_count(current) == 0 || activity_batch_write(current, out);
}

bool activity_spool_write(const char *path, const struct activity_batch *list,
                          const struct activity_batch *current)
{
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    const bool written = write_all(out, list, current) && fflush(out) == 0 && fsync(fd) == 0;
    const int failure = errno;
    if (fclose(out) == 0 && written && rename(beside, path) == 0)
        return true;
    if (!written)
        errno = failure;
    (void)unlink(beside);
    return false;
}

struct activity_batch *activity_spool_read(const char *path)
{
    struct activity_batch *list = NULL;
    FILE *in = fopen(path, "re");
    if (!in) {
        if (errno != ENOENT)
            log_warn("cannot read the counts of an earlier run: %s path=%s", strerror(errno), path);
        return NULL;
    }
    const unsigned bad = activity_batch_read(in, &list);
    fclose(in);
    if (bad > 0)
        log_warn("damaged lines among the counts of an earlier run are skipped lines=%u path=%s", bad, path);
    return list;
}

void activity_spool_remove(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        log_warn("cannot remove: %s path=%s", strerror(errno), path);
}
