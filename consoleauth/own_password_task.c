// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/own_password_task.h"

#include "consoleauth/password_check.h"
#include "consoleauth/password_judge.h"
#include "consoleauth/session_task.h"

static void on_set(struct auth_task *task, const PGresult *rows)
{
    struct auth_reply reply = {.reason = AUTH_OK};
    if (*PQgetvalue(rows, 0, 0) != 't') {
        auth_task_refuse(task, AUTH_ENDED, NULL);
        return;
    }
    auth_reply_add(&reply, "session", task->token);
    auth_task_reply(task, &reply);
}

static void on_hash(struct auth_task *task, const char *hash)
{
    char id[TOKEN_HEX_MAX];
    session_task_id(task, id);
    if (!auth_task_make_token(task)) {
        auth_task_refuse(task, AUTH_BUSY, NULL);
        return;
    }
    const char *values[] = {id, hash, task->id};
    auth_task_query(
        task, &(struct auth_task_query){
                  .name = "set_password_hash",
                  .sql = "select emailgency.set_password_hash(decode($1, 'hex'), $2, decode($3, 'hex'))",
                  .count = 3,
                  .values = values,
                  .then = on_set});
}

static void on_rule(struct auth_task *task, const PGresult *rows)
{
    const struct slice password = auth_request_field(&task->request, AUTH_FIELD_NEW);
    if (password_judge(task, rows, 0, task->secret.login, password))
        password_check_hash(task, password, on_hash);
}

static void on_confirmed(struct auth_task *task, const PGresult *rows)
{
    const char *values[] = {task->secret.login};
    (void)rows;
    auth_task_query(task, &(struct auth_task_query){.name = "login_rule",
                                                    .sql = "select " PASSWORD_JUDGE_COLUMNS
                                                           " from emailgency.login_rule($1) as r",
                                                    .count = 1,
                                                    .values = values,
                                                    .then = on_rule});
}

void own_password_task_change(struct auth_task *task)
{
    session_task_confirm(task, AUTH_FIELD_CURRENT, on_confirmed);
}
