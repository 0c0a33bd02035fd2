// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_lock.h"

#include "base/slice_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL_ETC "/etc/emailgency"

static struct {
    int fd; // -1: not held
    char path[64];
} lock = {.fd = -1, .path = ""};

static bool hold(bool *interrupted, struct problem *problem)
{
    struct stat status;
    lock.fd = open(lock.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock.fd < 0)
        return problem_set(problem, "%s: %s", lock.path, strerror(errno));
    // A file without a name is that of a setup which ended just now.
    const bool held =
        flock(lock.fd, LOCK_EX | LOCK_NB) == 0 && fstat(lock.fd, &status) == 0 && status.st_nlink > 0;
    if (held) {
        *interrupted = status.st_size > 0;
        return true;
    }
    close(lock.fd);
    lock.fd = -1;
    return problem_set(problem, "another setup runs: wait for its end");
}

bool setup_lock_take(const char *etc, bool reads, bool *interrupted, struct problem *problem)
{
    struct stat status;
    if (strcmp(etc, USUAL_ETC) == 0)
        (void)snprintf(lock.path, sizeof lock.path, "/run/emailgency-setup.lock");
    else
        (void)snprintf(lock.path, sizeof lock.path, "/run/emailgency-setup-%016" PRIx64 ".lock",
                       slice_hash(slice_from(etc), 0));
    *interrupted = reads && stat(lock.path, &status) == 0 && status.st_size > 0;
    return reads || hold(interrupted, problem);
}

bool setup_lock_begin(struct problem *problem)
{
    static const char pending[] = "changes are not in force yet: run emailgencyctl setup again\n";
    const ssize_t length = (ssize_t)strlen(pending);
    return pwrite(lock.fd, pending, (size_t)length, 0) == length ||
           problem_set(problem, "%s: %s", lock.path, strerror(errno));
}

void setup_lock_end(void)
{
    if (ftruncate(lock.fd, 0) != 0)
        (void)unlink(lock.path);
}

void setup_lock_release(void)
{
    struct stat status;
    if (lock.fd < 0)
        return;
    if (fstat(lock.fd, &status) == 0 && status.st_size == 0)
        (void)unlink(lock.path);
    close(lock.fd);
    lock.fd = -1;
}
