// SPDX-License-Identifier: BSD-2-Clause
#include "io/postfix_program.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

bool postfix_program_spawn(char *const *arguments, int output, pid_t *pid)
{
    char path[64];
    posix_spawn_file_actions_t actions;
    snprintf(path, sizeof path, "/usr/sbin/%s", arguments[0]);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    const bool spawned =
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        (posix_spawn(pid, path, &actions, NULL, arguments, environ) == 0 ||
         posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    return spawned;
}
