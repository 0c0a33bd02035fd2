// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queue/postfix_master.h"

#include "io/process_number.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>

enum postfix_master postfix_master_look(const char *folder)
{
    char path[PATH_MAX];
    pid_t pid = 0;
    if (snprintf(path, sizeof path, "%s/pid/master.pid", folder) >= (int)sizeof path ||
        !process_number_read(path, &pid))
        return POSTFIX_MASTER_UNKNOWN;
    return kill(pid, 0) == 0 || errno == EPERM ? POSTFIX_MASTER_RUNS : POSTFIX_MASTER_STOPPED;
}
