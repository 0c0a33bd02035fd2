// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/factor_task.h"

#include "base/clock.h"
#include "base/hex.h"
#include "consoleauth/consoleauth_conf.h"
#include "consoleauth/factor/totp_code.h"
#include "consoleauth/recovery_codes.h"
#include "consoleauth/session_task.h"
#include "consoleauth/totp_key.h"

#include <stdio.h>

#define SEALED_HEX_MAX (2 * SEALED_SECRET_BYTES + 1)
#define NOT_HERE "Second factors are for domain admins."
#define NOT_SET_UP "The service has no second factors yet: ask its operator."
#define NONE "There is no second factor. Set one up first."

static void on_pended(struct auth_task *task, const PGresult *rows)
{
    struct auth_reply reply = {.reason = AUTH_OK};
    (void)rows;
    auth_reply_add(&reply, "uri", task->uri);
    auth_task_reply(task, &reply);
}

static void pend(struct auth_task *task)
{
    unsigned char plain[SEALED_SECRET_PLAIN], sealed[SEALED_SECRET_BYTES];
    char id[TOKEN_HEX_MAX], hex[SEALED_HEX_MAX];
    const char *values[] = {id, hex};
    const struct slice login = slice_from(task->secret.login);
    const bool made = totp_key_make(login, plain, sealed) &&
                      totp_code_uri(plain, slice_from(consoleauth_conf.issuer), login, task->uri);
    explicit_bzero(plain, sizeof plain);
    if (!made) {
        auth_task_refuse(task, AUTH_AWAY, NOT_SET_UP);
        return;
    }
    session_task_id(task, id);
    hex_write(sealed, sizeof sealed, hex);
    auth_task_query(task, &(struct auth_task_query){
                              .name = "totp_pend",
                              .sql = "select emailgency.totp_pend(decode($1, 'hex'), decode($2, 'hex'))",
                              .count = 2,
                              .values = values,
                              .then = on_pended});
}

static void on_begin(struct auth_task *task, const PGresult *rows)
{
    if (task->secret.kind != ACCOUNT_ADMIN)
        auth_task_refuse(task, AUTH_WRONG, NOT_HERE);
    else if (task->secret.has_totp) // which asks for the password
        auth_task_refuse(task, AUTH_WRONG, "Switch the second factor off first.");
    else if (*PQgetvalue(rows, 0, ACCOUNT_SECRET_COLUMN_COUNT) != 't')
        auth_task_refuse(task, AUTH_EXPIRED, "Give your password again.");
    else
        pend(task);
}

void factor_task_begin(struct auth_task *task)
{
    session_task_look(task, on_begin);
}

static void on_set(struct auth_task *task, const PGresult *rows)
{
    const char *codes[RECOVERY_CODES + 1];
    struct auth_reply reply = {.reason = AUTH_OK};
    if (*PQgetvalue(rows, 0, 0) != 't') {
        auth_task_refuse(task, AUTH_WRONG, NONE);
        return;
    }
    if (*task->codes.text[0]) {
        recovery_codes_list(&task->codes, codes);
        reply.codes = codes;
    }
    auth_task_reply(task, &reply);
}

// `sealed` and `counter` as second_factor_set() has them.
static void set(struct auth_task *task, const char *sealed, const char *counter)
{
    char id[TOKEN_HEX_MAX], hashes[RECOVERY_HASHES_MAX];
    const char *values[] = {id, sealed, counter, hashes};
    session_task_id(task, id);
    recovery_codes_hash(&task->codes, hashes);
    auth_task_query(
        task,
        &(struct auth_task_query){
            .name = "second_factor_set",
            .sql = "select emailgency.second_factor_set(decode($1, 'hex'), decode($2, 'hex'), $3::bigint, "
                   "array(select decode(h, 'hex') from unnest(string_to_array($4, ' ')) as h))",
            .count = 4,
            .values = values,
            .then = on_set});
}

static void on_enable(struct auth_task *task, const PGresult *rows)
{
    unsigned char secret[SEALED_SECRET_PLAIN];
    char code[7], hex[SEALED_HEX_MAX], number[24];
    int64_t counter = 0;
    (void)rows;
    if (task->secret.kind != ACCOUNT_ADMIN || !task->secret.has_pending) {
        auth_task_refuse(task, AUTH_EXPIRED, "Begin again: scan the new QR code.");
        return;
    }
    if (!totp_key_open(slice_from(task->secret.login), task->secret.pending, secret)) {
        auth_task_refuse(task, AUTH_AWAY, NOT_SET_UP);
        return;
    }
    const bool right = totp_code_read(auth_request_field(&task->request, AUTH_FIELD_CODE), code) &&
                       totp_code_check(secret, code, clock_wall(), task->secret.totp_counter, &counter);
    explicit_bzero(secret, sizeof secret);
    hex_write(task->secret.pending, SEALED_SECRET_BYTES, hex);
    snprintf(number, sizeof number, "%lld", (long long)counter);
    if (!right)
        auth_task_refuse_late(task, "That code is wrong or was used. Codes change every 30 seconds.");
    else if (!recovery_codes_make(&task->codes))
        auth_task_refuse(task, AUTH_BUSY, NULL);
    else
        set(task, hex, number);
}

void factor_task_enable(struct auth_task *task)
{
    session_task_look(task, on_enable);
}

static void on_disable(struct auth_task *task, const PGresult *rows)
{
    (void)rows;
    set(task, NULL, "0");
}

void factor_task_disable(struct auth_task *task)
{
    session_task_confirm(task, AUTH_FIELD_PASSWORD, on_disable);
}

static void on_recovery(struct auth_task *task, const PGresult *rows)
{
    char id[TOKEN_HEX_MAX], hashes[RECOVERY_HASHES_MAX];
    const char *values[] = {id, hashes};
    (void)rows;
    if (!recovery_codes_make(&task->codes)) {
        auth_task_refuse(task, AUTH_BUSY, NULL);
        return;
    }
    session_task_id(task, id);
    recovery_codes_hash(&task->codes, hashes);
    auth_task_query(task,
                    &(struct auth_task_query){
                        .name = "recovery_set",
                        .sql = "select emailgency.recovery_set(decode($1, 'hex'), "
                               "array(select decode(h, 'hex') from unnest(string_to_array($2, ' ')) as h))",
                        .count = 2,
                        .values = values,
                        .then = on_set});
}

void factor_task_recovery(struct auth_task *task)
{
    session_task_confirm(task, AUTH_FIELD_PASSWORD, on_recovery);
}
