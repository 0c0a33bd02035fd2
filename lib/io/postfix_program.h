// SPDX-License-Identifier: BSD-2-Clause
// Starts the programs of Postfix that tell about an instance, such as postconf(1).
#ifndef IO_POSTFIX_PROGRAM_H
#define IO_POSTFIX_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

// Starts arguments[0] of /usr/sbin, or else of the PATH; `arguments` end in NULL. Its standard output is
// `output`, and its errors go nowhere. The caller waits for `pid`. Returns false where it cannot be started.
bool postfix_program_spawn(char *const *arguments, int output, pid_t *pid)
    __attribute__((warn_unused_result));

#endif
