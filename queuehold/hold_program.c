// SPDX-License-Identifier: BSD-2-Clause
#include "queuehold/hold_program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static bool spawn(const char *const *argv, int output, pid_t *pid)
{
    static char *const environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
                                        NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    const bool spawned =
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO) == 0 &&
        posix_spawn(pid, argv[0], &actions, NULL, (char *const *)argv, environment) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return spawned;
}

static void read_output(int fd, char out[HOLD_OUTPUT_MAX])
{
    char dropped[4096];
    size_t len = 0;
    ssize_t got;
    do {
        const bool full = len == HOLD_OUTPUT_MAX - 1;
        got = read(fd, full ? dropped : out + len, full ? sizeof dropped : HOLD_OUTPUT_MAX - 1 - len);
        if (got > 0 && !full)
            len += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    out[len] = '\0';
}

int hold_program_run(const char *const *argv, char out[HOLD_OUTPUT_MAX])
{
    int ends[2], status = -1;
    pid_t pid;
    out[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    const bool spawned = spawn(argv, ends[1], &pid);
    close(ends[1]);
    if (spawned) {
        read_output(ends[0], out);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    return spawned && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
