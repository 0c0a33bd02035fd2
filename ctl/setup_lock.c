// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE "/run/emailgency-setup.lock"

static int lock = -1;

bool setup_lock_take(bool *interrupted, struct problem *problem)
{
    struct stat status;
    lock = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0 || fstat(lock, &status) != 0)
        return problem_set(problem, LOCK_FILE ": %s", strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) != 0)
        return problem_set(problem, "another setup runs: wait for its end");
    *interrupted = status.st_size > 0;
    return true;
}

bool setup_lock_begin(struct problem *problem)
{
    static const char pending[] = "changes are not in force yet: run emailgencyctl setup again\n";
    const ssize_t length = (ssize_t)strlen(pending);
    return pwrite(lock, pending, (size_t)length, 0) == length ||
           problem_set(problem, LOCK_FILE ": %s", strerror(errno));
}

void setup_lock_end(void)
{
    if (ftruncate(lock, 0) != 0)
        (void)unlink(LOCK_FILE);
}
