// SPDX-License-Identifier: BSD-2-Clause
#include "worker/worker_process.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// The descriptors that the process inherits. The descriptors lie above those that they become in it, so that
// none is written over before it is copied.
struct legacy {
    unsigned count;
    int fds[1 + WORKER_CHANNELS_MAX];
};

static bool legacy_add(struct legacy *legacy, int fd, unsigned total)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_BOARD_FD + (int)total);
    if (high < 0)
        return false;
    legacy->fds[legacy->count++] = high;
    return true;
}

static void legacy_close(struct legacy *legacy)
{
    while (legacy->count > 0)
        close(legacy->fds[--legacy->count]);
}

// The seals keep the worker from truncating the shared page.
static bool make_board(struct worker_process *process, struct legacy *legacy)
{
    bool made = false;
    int fd = memfd_create("worker-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return false;
    if (ftruncate(fd, sizeof *process->board) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        void *page = mmap(NULL, sizeof *process->board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        process->board = page == MAP_FAILED ? NULL : page;
        made = process->board && legacy_add(legacy, fd, process->channel_count + 1);
    }
    if (made)
        process->board->channels = process->channel_count;
    close(fd);
    return made;
}

static bool make_channels(struct worker_process *process, struct legacy *legacy)
{
    for (unsigned i = 0; i < process->channel_count; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
            return false;
        process->channels[i].fd = pair[0];
        bool added = legacy_add(legacy, pair[1], process->channel_count + 1);
        close(pair[1]);
        if (!added)
            return false;
        process->free[process->free_count++] = process->channel_count - 1 - i;
    }
    return true;
}

static int fill_actions(posix_spawn_file_actions_t *actions, const struct legacy *legacy)
{
    int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (unsigned i = 0; i < legacy->count && rc == 0; i++)
        rc = posix_spawn_file_actions_adddup2(actions, legacy->fds[i], WORKER_BOARD_FD + (int)i);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(actions, WORKER_BOARD_FD + (int)legacy->count);
    return rc;
}

// The worker's signals are as at the start of a process, whatever this one blocks or ignores.
static int fill_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(attributes, &none);
    return rc == 0 ? posix_spawnattr_setsigdefault(attributes, &all) : rc;
}

static int spawn(const char *const *argv, const struct legacy *legacy, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *no_environment[] = {NULL};
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = fill_actions(&actions, legacy);
        if (rc == 0)
            rc = fill_attributes(&attributes);
        if (rc == 0)
            rc = posix_spawn(pid, argv[0], &actions, &attributes, (char *const *)argv, no_environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static struct worker_process *allocate(unsigned channels)
{
    struct worker_process *process =
        calloc(1, sizeof *process + channels * (sizeof process->channels[0] + sizeof process->free[0]));
    if (!process)
        return NULL;
    process->pidfd = -1;
    process->holders = 1;
    process->channel_count = channels;
    process->free = (unsigned *)&process->channels[channels];
    for (unsigned i = 0; i < channels; i++)
        process->channels[i].fd = -1;
    return process;
}

struct worker_process *worker_process_start(const char *const *argv, unsigned channels)
{
    struct legacy legacy = {0};
    struct worker_process *process = allocate(channels);
    int rc = ENOMEM;
    if (!process)
        goto out;
    rc = make_board(process, &legacy) && make_channels(process, &legacy) ? 0 : errno;
    if (rc == 0)
        rc = spawn(argv, &legacy, &process->pid);
    if (rc != 0)
        goto out;
    process->started = clock_mono_ms();
    process->pidfd = pidfd_open(process->pid, 0);
    if (process->pidfd < 0) {
        rc = errno;
        kill(process->pid, SIGKILL);
        (void)waitpid(process->pid, NULL, 0);
    }
out:
    legacy_close(&legacy);
    if (rc == 0)
        return process;
    worker_process_destroy(process);
    errno = rc;
    return NULL;
}

void worker_process_kill(const struct worker_process *process)
{
    (void)pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

void worker_process_hang_up(struct worker_process *process)
{
    for (unsigned i = 0; i < process->channel_count; i++) {
        if (process->channels[i].fd >= 0)
            close(process->channels[i].fd);
        process->channels[i].fd = -1;
    }
}

bool worker_process_wait(const struct worker_process *process, int ms, struct worker_end *out)
{
    struct pollfd wait = {.fd = process->pidfd, .events = POLLIN};
    siginfo_t info = {0};
    int rc;
    do
        rc = poll(&wait, 1, ms);
    while (rc < 0 && errno == EINTR);
    if (rc <= 0)
        return false;
    // It fails where the program has SIGCHLD ignored, or waits for all its children somewhere.
    (void)waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG);
    *out = (struct worker_end){info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED, info.si_status};
    return true;
}

void worker_process_destroy(struct worker_process *process)
{
    if (!process)
        return;
    worker_process_hang_up(process);
    if (process->board)
        munmap(process->board, sizeof *process->board);
    if (process->pidfd >= 0)
        close(process->pidfd);
    free(process);
}
