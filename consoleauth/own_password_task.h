// SPDX-License-Identifier: BSD-2-Clause
// "password": the own password of a session's account or mailbox.
#ifndef CONSOLEAUTH_OWN_PASSWORD_TASK_H
#define CONSOLEAUTH_OWN_PASSWORD_TASK_H

#include "consoleauth/auth_task.h"

void own_password_task_change(struct auth_task *task);

#endif
