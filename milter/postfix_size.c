// SPDX-License-Identifier: BSD-2-Clause
#include "milter/postfix_size.h"

#include "base/slice.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static bool spawn_postconf(const char *config, int output, pid_t *pid)
{
    char *arguments[] = {"postconf", "-c", (char *)config, "-hx", "message_size_limit", NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    const bool spawned =
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        (posix_spawn(pid, "/usr/sbin/postconf", &actions, NULL, arguments, environ) == 0 ||
         posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    return spawned;
}

int64_t postfix_size_limit(const char *config)
{
    char text[64];
    unsigned long long limit;
    int ends[2], status = -1;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    const bool spawned = spawn_postconf(config, ends[1], &pid);
    close(ends[1]);
    const ssize_t len = spawned ? read(ends[0], text, sizeof text) : -1;
    close(ends[0]);
    if (spawned)
        (void)waitpid(pid, &status, 0);
    if (status != 0 || len <= 1 || !slice_number(slice_make(text, (size_t)len - 1), INT64_MAX, &limit))
        return -1;
    return limit ? (int64_t)limit : INT64_MAX;
}
