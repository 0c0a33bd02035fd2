// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/session_task.h"

#include "consoleauth/factor/one_time_code.h"
#include "consoleauth/password_check.h"

#include <sys/random.h>

void session_task_id(const struct auth_task *task, char out[TOKEN_HEX_MAX])
{
    token_hash(auth_request_field(&task->request, AUTH_FIELD_SESSION), out);
}

static void on_session(struct auth_task *task, const PGresult *rows)
{
    if (PQntuples(rows) == 0) {
        auth_task_refuse(task, AUTH_ENDED, NULL);
        return;
    }
    account_secret_read(rows, 0, &task->secret);
    task->after(task, rows);
}

void session_task_look(struct auth_task *task, void (*then)(struct auth_task *task, const PGresult *rows))
{
    char id[TOKEN_HEX_MAX];
    const char *values[] = {id};
    session_task_id(task, id);
    task->after = then;
    auth_task_query(task, &(struct auth_task_query){
                              .name = "session_secret",
                              .sql = "select " ACCOUNT_SECRET_COLUMNS
                                     ", s.confirmed from emailgency.session_secret(decode($1, 'hex')) as s",
                              .count = 1,
                              .values = values,
                              .then = on_session});
}

static void on_password(struct auth_task *task, enum password_outcome outcome)
{
    char id[TOKEN_HEX_MAX];
    const char *values[] = {id};
    session_task_id(task, id);
    if (outcome == PASSWORD_WRONG)
        auth_task_refuse_late(task, "The password is wrong.");
    else if (outcome != PASSWORD_RIGHT)
        auth_task_refuse(task, outcome == PASSWORD_BUSY ? AUTH_BUSY : AUTH_AWAY, NULL);
    else
        auth_task_query(
            task, &(struct auth_task_query){.name = "session_confirm",
                                            .sql = "select emailgency.session_confirm(decode($1, 'hex'))",
                                            .count = 1,
                                            .values = values,
                                            .then = task->confirmed});
}

static void on_doubt(struct auth_task *task, const PGresult *rows)
{
    if (*PQgetvalue(rows, 0, 0) == 't')
        password_check(task, auth_request_field(&task->request, task->password_field), on_password);
    else
        auth_task_refuse(task, AUTH_ENDED, NULL);
}

static void on_look(struct auth_task *task, const PGresult *rows)
{
    char id[TOKEN_HEX_MAX];
    const char *values[] = {id};
    (void)rows;
    session_task_id(task, id);
    auth_task_query(task,
                    &(struct auth_task_query){.name = "session_doubt",
                                              .sql = "select emailgency.session_doubt(decode($1, 'hex'))",
                                              .count = 1,
                                              .values = values,
                                              .then = on_doubt});
}

void session_task_confirm(struct auth_task *task, enum auth_field password,
                          void (*then)(struct auth_task *task, const PGresult *rows))
{
    task->password_field = password;
    task->confirmed = then;
    session_task_look(task, on_look);
}

static void reply_ok(struct auth_task *task, const PGresult *rows)
{
    (void)rows;
    auth_task_reply(task, &(struct auth_reply){.reason = AUTH_OK});
}

void session_task_only_confirm(struct auth_task *task)
{
    session_task_confirm(task, AUTH_FIELD_PASSWORD, reply_ok);
}

static void on_code(struct auth_task *task, const PGresult *rows)
{
    struct auth_reply reply = {.reason = AUTH_OK};
    if (PQgetisnull(rows, 0, 0)) {
        auth_task_refuse(task, AUTH_WRONG, "There is no such mailbox in your domains.");
        return;
    }
    auth_reply_add(&reply, "code", task->token);
    auth_reply_add(&reply, "address", PQgetvalue(rows, 0, 0));
    auth_task_reply(task, &reply);
}

static void make_code(struct auth_task *task, const PGresult *rows)
{
    unsigned char random[ONE_TIME_CODE_BYTES];
    char id[TOKEN_HEX_MAX];
    char address[IDN_TEXT_MAX + 1];
    const char *values[] = {id, auth_task_address(task, AUTH_FIELD_ADDRESS, address), task->id};
    (void)rows;
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        auth_task_refuse(task, AUTH_BUSY, NULL);
        return;
    }
    one_time_code_make(random, task->token);
    token_hash(slice_from(task->token), task->id);
    session_task_id(task, id);
    auth_task_query(task,
                    &(struct auth_task_query){
                        .name = "mailbox_code",
                        .sql = "select emailgency.mailbox_code(decode($1, 'hex'), $2, decode($3, 'hex'))",
                        .count = 3,
                        .values = values,
                        .then = on_code});
}

void session_task_code(struct auth_task *task)
{
    session_task_look(task, make_code);
}
