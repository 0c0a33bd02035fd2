// SPDX-License-Identifier: BSD-2-Clause
// Requests within a session: the password is given again, and what needs that.
#ifndef CONSOLEAUTH_SESSION_TASK_H
#define CONSOLEAUTH_SESSION_TASK_H

#include "consoleauth/auth_task.h"

// Looks the session up into task->secret, then calls `then`; a session that has ended is refused. `confirmed`
// of the row, whether the password was given within ten minutes, is column ACCOUNT_SECRET_COLUMN_COUNT.
void session_task_look(struct auth_task *task, void (*then)(struct auth_task *task, const PGresult *rows));

// Writes the SHA-256 of the session's secret.
void session_task_id(const struct auth_task *task, char out[TOKEN_HEX_MAX]);

// Looks the session up, and checks the password of a field; ten wrong ones end the session. Then calls
// `then`.
void session_task_confirm(struct auth_task *task, enum auth_field password,
                          void (*then)(struct auth_task *task, const PGresult *rows));

// "confirm", and "code".
void session_task_only_confirm(struct auth_task *task);
void session_task_code(struct auth_task *task);

#endif
