// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/password_check.h"

#include "base/fault.h"
#include "base/hex.h"
#include "consoleauth/consoleauth_conf.h"

#include <sys/random.h>

enum { CHECKS_MAX = 32 }; // of Dovecot at once

static char nobody[PASSWORD_HASH_MAX]; // of a password that nobody has

static unsigned checks; // of Dovecot, in flight

static struct counter hashes = {.name = "emailgency_console_auth_hashes_total",
                                .help = "Hashes of passwords that were computed, for unknown logins too.",
                                .kind = COUNTER_TOTAL};
static struct fault away = {
    .name = "mailbox-auth-away",
    .text = "Dovecot does not answer, so users of mailboxes cannot log in to the console",
    .advice = "see that Dovecot runs, and has the socket that option mailbox_auth names",
};

void password_check_register(void)
{
    counter_register(&hashes);
    fault_register(&away, 1, "emailgency_console_auth_errors_total");
}

bool password_check_start(void)
{
    unsigned char random[PASSWORD_HASH_SALT + TOKEN_BYTES];
    char password[TOKEN_HEX_MAX];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    hex_write(random + PASSWORD_HASH_SALT, TOKEN_BYTES, password);
    return password_hash_make(slice_from(password), random, nobody);
}

static void tell(struct auth_task *task, enum password_outcome outcome)
{
    task->on_password(task, outcome == PASSWORD_RIGHT && task->secret.kind == ACCOUNT_NONE ? PASSWORD_WRONG
                                                                                           : outcome);
}

static void on_answer(enum auth_dialogue_rc answer, const char *problem, void *arg)
{
    struct auth_task *task = arg;
    checks--;
    task->check = NULL;
    if (answer == AUTH_DIALOGUE_FAILED)
        (void)fault_report(&away, problem);
    else
        fault_clear(&away);
    tell(task, answer == AUTH_DIALOGUE_FAILED                            ? PASSWORD_AWAY
               : answer == AUTH_DIALOGUE_RIGHT && !task->secret.has_hash ? PASSWORD_RIGHT
                                                                         : PASSWORD_WRONG);
}

static void ask_dovecot(struct auth_task *task)
{
    const struct auth_check_spec spec = {
        .path = consoleauth_conf.mailbox_auth + strlen("unix:"),
        .seconds = (int)consoleauth_conf.mailbox_auth_timeout,
        .login = slice_from(task->secret.login),
        .password = task->password,
        .from = auth_request_text(&task->request, AUTH_FIELD_FROM),
        .on_answer = on_answer,
        .arg = task,
    };
    if (!*consoleauth_conf.mailbox_auth) {
        tell(task, PASSWORD_WRONG);
        return;
    }
    task->check = checks < CHECKS_MAX ? auth_check_start(auth_task_means()->base, &spec) : NULL;
    if (task->check) {
        checks++;
    } else if (checks == CHECKS_MAX) {
        tell(task, PASSWORD_BUSY);
    } else {
        (void)fault_report(&away, "it cannot be connected to");
        tell(task, PASSWORD_AWAY);
    }
}

static void on_checked(const struct hash_result *result, void *arg)
{
    struct auth_task *task = arg;
    counter_add(&hashes, 1);
    if (task->secret.has_hash && (result->good || task->request.verb != AUTH_LOGIN))
        tell(task, result->good ? PASSWORD_RIGHT : PASSWORD_WRONG);
    else
        ask_dovecot(task); // of an account, too, whose wrong passwords would be answered sooner otherwise
}

void password_check(struct auth_task *task, struct slice password,
                    void (*then)(struct auth_task *task, enum password_outcome outcome))
{
    task->password = password;
    task->on_password = then;
    if (!hash_pool_submit(auth_task_means()->pool,
                          &(struct hash_work){.hash = task->secret.has_hash ? task->secret.hash : nobody,
                                              .password = password,
                                              .on_done = on_checked,
                                              .arg = task}))
        tell(task, PASSWORD_BUSY);
}

static void on_made(const struct hash_result *result, void *arg)
{
    struct auth_task *task = arg;
    counter_add(&hashes, 1);
    if (result->good)
        task->on_hash(task, result->hash);
    else
        auth_task_refuse(task, AUTH_BUSY, NULL);
}

void password_check_hash(struct auth_task *task, struct slice password,
                         void (*then)(struct auth_task *task, const char *hash))
{
    task->on_hash = then;
    if (!hash_pool_submit(auth_task_means()->pool,
                          &(struct hash_work){.password = password, .on_done = on_made, .arg = task}))
        auth_task_refuse(task, AUTH_BUSY, NULL);
}
