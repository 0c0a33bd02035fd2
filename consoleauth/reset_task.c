// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/reset_task.h"

#include "base/fault.h"
#include "consoleauth/captcha_gate.h"
#include "consoleauth/decide/captcha_factor.h"
#include "consoleauth/factor/one_time_code.h"
#include "consoleauth/password_check.h"
#include "consoleauth/password_judge.h"
#include "pg/pg_refusal.h"

#include <stdlib.h>

enum { LOGIN, USE, RULE };

static struct fault refused = {
    .name = "reset-refused",
    .text = "PostgreSQL refuses to send a link to set a password",
    .advice = "see that sql/migrate has run",
};

void reset_task_register(void)
{
    fault_register(&refused, 1, "emailgency_console_auth_errors_total");
}

// A code as people type it, or else the token of a link.
static void hash_of(const struct auth_task *task, char out[TOKEN_HEX_MAX])
{
    const struct slice token = auth_request_field(&task->request, AUTH_FIELD_TOKEN);
    char code[ONE_TIME_CODE_MAX];
    token_hash(one_time_code_read(token, code) ? slice_from(code) : token, out);
}

static void look(struct auth_task *task, void (*then)(struct auth_task *task, const PGresult *rows))
{
    char hash[TOKEN_HEX_MAX];
    const char *values[] = {hash};
    hash_of(task, hash);
    auth_task_query(task,
                    &(struct auth_task_query){.name = "token_look",
                                              .sql = "select l.login, l.use, " PASSWORD_JUDGE_COLUMNS
                                                     " from emailgency.token_look(decode($1, 'hex')) as l "
                                                     "cross join lateral emailgency.login_rule(l.login) as r",
                                              .count = 1,
                                              .values = values,
                                              .then = then});
}

static void on_look(struct auth_task *task, const PGresult *rows)
{
    struct auth_reply reply = {.reason = AUTH_OK};
    if (PQntuples(rows) == 0) {
        auth_task_refuse(task, AUTH_EXPIRED, NULL);
        return;
    }
    auth_reply_add(&reply, "login", PQgetvalue(rows, 0, LOGIN));
    auth_reply_add(&reply, "use", PQgetvalue(rows, 0, USE));
    auth_task_reply(task, &reply);
}

void reset_task_token(struct auth_task *task)
{
    look(task, on_look);
}

static void on_taken(struct auth_task *task, const PGresult *rows)
{
    struct auth_reply reply = {.reason = AUTH_OK};
    if (PQgetisnull(rows, 0, 0)) {
        auth_task_refuse(task, AUTH_EXPIRED, NULL);
        return;
    }
    auth_reply_add(&reply, "login", PQgetvalue(rows, 0, 0));
    auth_task_reply(task, &reply);
}

static void on_hash(struct auth_task *task, const char *hash)
{
    char id[TOKEN_HEX_MAX];
    const char *values[] = {id, hash};
    hash_of(task, id);
    auth_task_query(task,
                    &(struct auth_task_query){.name = "token_take",
                                              .sql = "select emailgency.token_take(decode($1, 'hex'), $2)",
                                              .count = 2,
                                              .values = values,
                                              .then = on_taken});
}

static void on_rule(struct auth_task *task, const PGresult *rows)
{
    const struct slice password = auth_request_field(&task->request, AUTH_FIELD_PASSWORD);
    if (PQntuples(rows) == 0)
        auth_task_refuse(task, AUTH_EXPIRED, NULL);
    else if (password_judge(task, rows, RULE, PQgetvalue(rows, 0, LOGIN), password))
        password_check_hash(task, password, on_hash);
}

void reset_task_set_password(struct auth_task *task)
{
    look(task, on_rule);
}

// The reply comes first, so that neither its content nor its time depends on the login.
static void ask_for_mail(struct auth_task *task)
{
    char login[IDN_TEXT_MAX + 1];
    const char *values[] = {auth_task_address(task, AUTH_FIELD_LOGIN, login)};
    pg_send(auth_task_means()->pg, &(struct pg_statement){.name = "reset_request",
                                                          .sql = "select emailgency.reset_request($1)",
                                                          .count = 1,
                                                          .values = values,
                                                          .on_result = pg_refusal_only,
                                                          .arg = &refused});
    auth_task_reply(task, &(struct auth_reply){.reason = AUTH_OK});
}

static void on_network(struct auth_task *task, const PGresult *rows)
{
    const unsigned factor = captcha_factor(0, (unsigned)strtoul(PQgetvalue(rows, 0, 0), NULL, 10));
    captcha_gate_pass(task, "forgot", factor ? factor : 1, ask_for_mail);
}

void reset_task_forgot(struct auth_task *task)
{
    captcha_gate_look(task, on_network);
}
