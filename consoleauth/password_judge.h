// SPDX-License-Identifier: BSD-2-Clause
// A new password by the rule that the database has in force.
#ifndef CONSOLEAUTH_PASSWORD_JUDGE_H
#define CONSOLEAUTH_PASSWORD_JUDGE_H

#include "consoleauth/auth_task.h"

// Columns of login_rule() as `r`, for password_judge.
#define PASSWORD_JUDGE_COLUMNS "r.min_length, r.min_classes, r.names"

// Judges a password of `login` by a row whose columns from `first` on are those. Returns whether it is good
// enough; if not, the reply was "weak".
bool password_judge(struct auth_task *task, const PGresult *rows, int first, const char *login,
                    struct slice password) __attribute__((warn_unused_result));

#endif
