// SPDX-License-Identifier: BSD-2-Clause
// The second factor of an account: set up, removed, and its recovery codes.
#ifndef CONSOLEAUTH_FACTOR_TASK_H
#define CONSOLEAUTH_FACTOR_TASK_H

#include "consoleauth/auth_task.h"

void factor_task_begin(struct auth_task *task);
void factor_task_enable(struct auth_task *task);
void factor_task_disable(struct auth_task *task);
void factor_task_recovery(struct auth_task *task);

#endif
