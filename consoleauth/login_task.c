// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/login_task.h"

#include "consoleauth/captcha_gate.h"
#include "consoleauth/decide/captcha_factor.h"
#include "consoleauth/password_check.h"

#include <stdlib.h>

#define FORM "login"

void login_task_reply(struct auth_task *task)
{
    struct auth_reply reply = {.reason = AUTH_OK};
    auth_reply_add(&reply, "session", task->token);
    auth_reply_add(&reply, "login", task->secret.login);
    auth_reply_add(&reply, "kind", account_kind_word(task->secret.kind));
    if (task->secret.second_missing)
        auth_reply_add(&reply, "second_factor", "missing");
    auth_task_reply(task, &reply);
}

static void on_opened(struct auth_task *task, const PGresult *rows)
{
    (void)rows;
    login_task_reply(task);
}

static void on_ticket(struct auth_task *task, const PGresult *rows)
{
    struct auth_reply reply = {.reason = AUTH_NEEDS_SECOND};
    (void)rows;
    auth_reply_add(&reply, "ticket", task->token);
    auth_task_reply(task, &reply);
}

static void open_session(struct auth_task *task)
{
    const char *values[] = {task->id, task->secret.login, account_kind_word(task->secret.kind),
                            auth_request_text(&task->request, AUTH_FIELD_FROM),
                            auth_request_text(&task->request, AUTH_FIELD_AGENT)};
    auth_task_query(task, &(struct auth_task_query){
                              .name = "log_in",
                              .sql = "select emailgency.log_in(decode($1, 'hex'), $2, $3, $4::inet, $5)",
                              .count = 5,
                              .values = values,
                              .then = on_opened});
}

static void make_ticket(struct auth_task *task)
{
    const char *values[] = {task->id, task->secret.login};
    auth_task_query(task, &(struct auth_task_query){
                              .name = "make_ticket",
                              .sql = "select emailgency.token_make(decode($1, 'hex'), $2, 'second', 300)",
                              .count = 2,
                              .values = values,
                              .then = on_ticket});
}

static void on_password(struct auth_task *task, enum password_outcome outcome)
{
    if (outcome == PASSWORD_WRONG)
        auth_task_refuse_late(task, NULL);
    else if (outcome == PASSWORD_AWAY)
        auth_task_refuse(task, AUTH_AWAY, NULL);
    else if (outcome == PASSWORD_BUSY || !auth_task_make_token(task))
        auth_task_refuse(task, AUTH_BUSY, NULL);
    else if (task->secret.has_totp)
        make_ticket(task);
    else
        open_session(task);
}

// Failures of the login and of the network, in the columns from `first` on.
static unsigned factor_of(const PGresult *rows, int first)
{
    return captcha_factor((unsigned)strtoul(PQgetvalue(rows, 0, first), NULL, 10),
                          (unsigned)strtoul(PQgetvalue(rows, 0, first + 1), NULL, 10));
}

// Log-ins at the same time may have counted since the look.
static void on_counted(struct auth_task *task, const PGresult *rows)
{
    const unsigned factor = factor_of(rows, 0);
    if (captcha_factor_accepts(task->captcha, factor) || !captcha_gate_asks())
        password_check(task, auth_request_field(&task->request, AUTH_FIELD_PASSWORD), on_password);
    else
        captcha_gate_ask(task, FORM, factor);
}

static void count(struct auth_task *task)
{
    const char *values[] = {task->secret.login, auth_request_text(&task->request, AUTH_FIELD_FROM)};
    auth_task_query(task,
                    &(struct auth_task_query){.name = "throttle_count",
                                              .sql = "select * from emailgency.throttle_count($1, $2::inet)",
                                              .count = 2,
                                              .values = values,
                                              .then = on_counted});
}

static void on_state(struct auth_task *task, const PGresult *rows)
{
    account_secret_read(rows, 0, &task->secret);
    captcha_gate_pass(task, FORM, factor_of(rows, ACCOUNT_SECRET_COLUMN_COUNT), count);
}

void login_task_login(struct auth_task *task)
{
    char login[IDN_TEXT_MAX + 1];
    const char *values[] = {auth_task_address(task, AUTH_FIELD_LOGIN, login),
                            auth_request_text(&task->request, AUTH_FIELD_FROM)};
    auth_task_query(task,
                    &(struct auth_task_query){
                        .name = "login_state",
                        .sql = "select " ACCOUNT_SECRET_COLUMNS ", t.login_failures, t.network_failures "
                               "from emailgency.account_secret($1) as s "
                               "cross join lateral emailgency.throttle_state(s.login, $2::inet) as t",
                        .count = 2,
                        .values = values,
                        .then = on_state});
}
