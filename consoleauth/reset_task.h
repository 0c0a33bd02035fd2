// SPDX-License-Identifier: BSD-2-Clause
// A password set by a token: of a mail, or the one-time code of a mailbox.
#ifndef CONSOLEAUTH_RESET_TASK_H
#define CONSOLEAUTH_RESET_TASK_H

#include "consoleauth/auth_task.h"

void reset_task_register(void);

void reset_task_forgot(struct auth_task *task);
void reset_task_token(struct auth_task *task);
void reset_task_set_password(struct auth_task *task);

#endif
