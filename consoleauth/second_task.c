// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/second_task.h"

#include "base/clock.h"
#include "consoleauth/factor/one_time_code.h"
#include "consoleauth/factor/totp_code.h"
#include "consoleauth/login_task.h"
#include "consoleauth/totp_key.h"

#include <stdio.h>
#include <stdlib.h>

#define WRONG_CODE "That code is wrong or was used. Codes change every 30 seconds."
#define WRONG_RECOVERY "That recovery code is wrong or was used."
#define TOO_MANY "Too many wrong codes. Use a recovery code, or wait 15 minutes."
#define LATE "The log-in took too long, or too many codes were wrong. Log in again."

enum { CODES_MAX = 20 };

static void on_passed(struct auth_task *task, const PGresult *rows)
{
    if (*PQgetvalue(rows, 0, 0) == 't')
        login_task_reply(task);
    else
        auth_task_refuse_late(task, WRONG_CODE);
}

// One of `counter` and `recovery` is not NULL.
static void pass(struct auth_task *task, const char *counter, const char *recovery)
{
    char ticket[TOKEN_HEX_MAX];
    token_hash(auth_request_field(&task->request, AUTH_FIELD_TICKET), ticket);
    if (!auth_task_make_token(task)) {
        auth_task_refuse(task, AUTH_BUSY, NULL);
        return;
    }
    const char *values[] = {ticket,
                            counter,
                            recovery,
                            task->id,
                            auth_request_text(&task->request, AUTH_FIELD_FROM),
                            auth_request_text(&task->request, AUTH_FIELD_AGENT)};
    auth_task_query(
        task, &(struct auth_task_query){.name = "second_pass",
                                        .sql = "select emailgency.second_pass(decode($1, 'hex'), $2::bigint, "
                                               "decode($3, 'hex'), decode($4, 'hex'), $5::inet, $6)",
                                        .count = 6,
                                        .values = values,
                                        .then = on_passed});
}

static void check_app_code(struct auth_task *task, const char code[7])
{
    unsigned char secret[SEALED_SECRET_PLAIN];
    char number[24];
    int64_t counter = 0;
    if (!totp_key_open(slice_from(task->secret.login), task->secret.totp, secret)) {
        auth_task_refuse(task, AUTH_AWAY, NULL);
        return;
    }
    const bool right = totp_code_check(secret, code, clock_wall(), task->secret.totp_counter, &counter);
    explicit_bzero(secret, sizeof secret);
    snprintf(number, sizeof number, "%lld", (long long)counter);
    if (right)
        pass(task, number, NULL);
    else
        auth_task_refuse_late(task, WRONG_CODE);
}

static void on_try(struct auth_task *task, const PGresult *rows)
{
    const struct slice typed = auth_request_field(&task->request, AUTH_FIELD_CODE);
    char code[7], recovery[ONE_TIME_CODE_MAX], hash[TOKEN_HEX_MAX];
    if (PQntuples(rows) == 0) {
        auth_task_refuse(task, AUTH_EXPIRED, LATE);
        return;
    }
    account_secret_read(rows, 0, &task->secret);
    if (one_time_code_read(typed, recovery)) {
        token_hash(slice_from(recovery), hash);
        pass(task, NULL, hash);
    } else if (!totp_code_read(typed, code)) {
        auth_task_refuse_late(task, WRONG_CODE);
    } else if (atoi(PQgetvalue(rows, 0, ACCOUNT_SECRET_COLUMN_COUNT)) >= CODES_MAX) {
        auth_task_refuse_late(task, TOO_MANY);
    } else {
        check_app_code(task, code);
    }
}

void second_task_second(struct auth_task *task)
{
    char ticket[TOKEN_HEX_MAX];
    token_hash(auth_request_field(&task->request, AUTH_FIELD_TICKET), ticket);
    const char *values[] = {ticket};
    auth_task_query(
        task, &(struct auth_task_query){.name = "second_try",
                                        .sql = "select " ACCOUNT_SECRET_COLUMNS
                                               ", s.codes from emailgency.second_try(decode($1, 'hex')) as s",
                                        .count = 1,
                                        .values = values,
                                        .then = on_try});
}
