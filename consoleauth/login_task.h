// SPDX-License-Identifier: BSD-2-Clause
// Log-ins: "login", and "second" for the code of a second factor.
#ifndef CONSOLEAUTH_LOGIN_TASK_H
#define CONSOLEAUTH_LOGIN_TASK_H

#include "consoleauth/auth_task.h"

void login_task_login(struct auth_task *task);

// Opens the session of task->secret, by a statement whose values are SHA-256 of a new secret, login, kind,
// client and agent, and replies with it.
void login_task_reply(struct auth_task *task);

#endif
