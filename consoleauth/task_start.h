// SPDX-License-Identifier: BSD-2-Clause
// The first step of each kind of request.
#ifndef CONSOLEAUTH_TASK_START_H
#define CONSOLEAUTH_TASK_START_H

#include "consoleauth/auth_task.h"

// Begins what the request's verb says.
void task_start(struct auth_task *task);

#endif
