// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/child_process.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static enum child_end read_all(int from, const struct child_process *process)
{
    char part[65536];
    const int64_t deadline = clock_mono_ms() + process->wait_ms;
    for (;;) {
        struct pollfd ready = {.fd = from, .events = POLLIN};
        const int64_t left = deadline - clock_mono_ms();
        if (left <= 0)
            return CHILD_LATE;
        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        const ssize_t got = read(from, part, sizeof part);
        if (got == 0)
            return CHILD_ENDED;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return CHILD_UNREADABLE;
        if (got > 0 && !process->take(process->into, slice_make(part, (size_t)got)))
            return CHILD_CUT;
    }
}

static void wait_for(pid_t child, enum child_end end, int *status)
{
    if (end != CHILD_ENDED && kill(-child, SIGKILL) != 0)
        (void)kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0 && errno == EINTR)
        ;
}

enum child_end child_process_run(const struct child_process *process, int *status)
{
    int ends[2], error;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return CHILD_NONE;
    const pid_t child = fork();
    if (child == 0) {
        process->act(process->arg, ends[1]);
        _exit(CHILD_NOT_FOUND);
    }
    error = errno;
    close(ends[1]);
    enum child_end end = CHILD_NONE;
    if (child > 0) {
        end = read_all(ends[0], process);
        error = errno;
    }
    close(ends[0]);
    if (child > 0)
        wait_for(child, end, status);
    errno = error;
    return end;
}

void child_process_exec(const char *const *argv)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    char path[4096];
    execvp(argv[0], (char *const *)argv);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !strchr(argv[0], '/') && errno == ENOENT;
         i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], argv[0]);
        execv(path, (char *const *)argv);
    }
}
