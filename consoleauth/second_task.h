// SPDX-License-Identifier: BSD-2-Clause
// The second step of a log-in: a code of the authenticator app, or a recovery code.
#ifndef CONSOLEAUTH_SECOND_TASK_H
#define CONSOLEAUTH_SECOND_TASK_H

#include "consoleauth/auth_task.h"

void second_task_second(struct auth_task *task);

#endif
