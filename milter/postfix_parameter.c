// SPDX-License-Identifier: BSD-2-Clause
#include "milter/postfix_parameter.h"

#include "base/slice.h"
#include "io/postfix_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

bool postfix_parameter(const char *config, const char *name, char *out, size_t size)
{
    char *arguments[] = {"postconf", "-c", (char *)config, "-hx", (char *)name, NULL};
    char text[256];
    int ends[2], status = -1;
    pid_t pid;
    *out = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    const bool spawned = postfix_program_spawn(arguments, ends[1], &pid);
    close(ends[1]);
    const ssize_t len = spawned ? read(ends[0], text, sizeof text) : -1;
    close(ends[0]);
    if (spawned)
        (void)waitpid(pid, &status, 0);
    return status == 0 && len > 1 && slice_copy(slice_make(text, (size_t)len - 1), out, size);
}
