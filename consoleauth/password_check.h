// SPDX-License-Identifier: BSD-2-Clause
// A password against the hash of an account, or by Dovecot.
#ifndef CONSOLEAUTH_PASSWORD_CHECK_H
#define CONSOLEAUTH_PASSWORD_CHECK_H

#include "consoleauth/auth_task.h"

void password_check_register(void);

// Makes the hash that unknown logins are checked against. Returns false if out of memory.
bool password_check_start(void) __attribute__((warn_unused_result));

// Checks `password`, which lives as long as the task, for task->secret. A login that has no hash costs one
// all the same, and is then Dovecot's to check, whether there is a mailbox or not. At a log-in so is one
// whose hash the password does not fit, so that Dovecot's delays do not distinguish accounts. RIGHT comes
// only for a login that can log in.
void password_check(struct auth_task *task, struct slice password,
                    void (*then)(struct auth_task *task, enum password_outcome outcome));

// Hashes a new password. Replies "busy" if it cannot.
void password_check_hash(struct auth_task *task, struct slice password,
                         void (*then)(struct auth_task *task, const char *hash));

#endif
