// SPDX-License-Identifier: BSD-2-Clause
#include "activity/activity_spool.h"

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

// Opens the new file beside the old one; its path goes to `beside`. Returns -1 with errno set.
static int open_beside(const char *path, char beside[PATH_MAX])
{
    if (snprintf(beside, PATH_MAX, "%s.new", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

bool activity_spool_write(const char *path, const struct activity_batch *list,
                          const struct activity_batch *current, enum activity_spool_sync sync)
{
    char beside[PATH_MAX];
    const int fd = open_beside(path, beside);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    const bool written = write_all(out, list, current) && fflush(out) == 0 &&
                         (sync == ACTIVITY_SPOOL_UNSYNCED || fsync(fd) == 0);
    int failure = errno;
    if (fclose(out) == 0 && written && rename(beside, path) == 0)
        return true;
    if (written)
        failure = errno;
    (void)unlink(beside);
    errno = failure;
    return false;
}

bool activity_spool_writable(const char *path)
{
    char beside[PATH_MAX];
    const int fd = open_beside(path, beside);
    if (fd < 0)
        return false;
    close(fd);
    return unlink(beside) == 0;
}

struct activity_batch *activity_spool_read(const char *path)
{
    struct activity_batch *list = NULL;
    FILE *in = fopen(path, "re");
    if (!in) {
        if (errno != ENOENT)
            log_warn("cannot read the counts of an earlier run: %s path=%s", strerror(errno),
                     log_value(slice_from(path)).text);
        return NULL;
    }
    const unsigned bad = activity_batch_read(in, &list);
    fclose(in);
    if (bad > 0)
        log_warn("damaged lines among the counts of an earlier run are skipped lines=%u path=%s", bad,
                 log_value(slice_from(path)).text);
    return list;
}

void activity_spool_remove(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        log_warn("cannot remove: %s path=%s", strerror(errno), log_value(slice_from(path)).text);
}
