// SPDX-License-Identifier: BSD-2-Clause
#include "milter/postfix_parameter.h"

#include "base/slice.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static bool spawn_postconf(const char *config, const char *name, int output, pid_t *pid)
{
    char *arguments[] = {"postconf", "-c", (char *)config, "-hx", (char *)name, NULL};
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

bool postfix_parameter(const char *config, const char *name, char *out, size_t size)
{
    char text[256];
    int ends[2], status = -1;
    pid_t pid;
    *out = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    const bool spawned = spawn_postconf(config, name, ends[1], &pid);
    close(ends[1]);
    const ssize_t len = spawned ? read(ends[0], text, sizeof text) : -1;
    close(ends[0]);
    if (spawned)
        (void)waitpid(pid, &status, 0);
    return status == 0 && len > 1 && slice_copy(slice_make(text, (size_t)len - 1), out, size);
}
