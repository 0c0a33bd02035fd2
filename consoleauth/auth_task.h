// SPDX-License-Identifier: BSD-2-Clause
// One request from its parse to its reply. A step of it ends in a call of this file or of password_check.h,
// which calls the next step, or in a reply, after which the task must not be touched.
#ifndef CONSOLEAUTH_AUTH_TASK_H
#define CONSOLEAUTH_AUTH_TASK_H

#include "altcha/altcha.h"
#include "altcha/altcha_ticket.h"
#include "consoleauth/account_secret.h"
#include "consoleauth/dovecot/auth_check.h"
#include "consoleauth/factor/token_hash.h"
#include "consoleauth/factor/totp_code.h"
#include "consoleauth/hash/hash_pool.h"
#include "consoleauth/recovery_codes.h"
#include "consoleauth/request/auth_reply.h"
#include "consoleauth/request/auth_request.h"
#include "idn/idn.h"
#include "io/connection.h"
#include "io/loop.h"
#include "pg/pg.h"

struct auth_task;

enum password_outcome { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_BUSY, PASSWORD_AWAY };

struct auth_task {
    struct auth_task *prev, *next;
    struct auth_task **slot;       // of the client, that points here; NULL: it has gone
    struct connection *connection; // NULL likewise
    int64_t begun;                 // clock_mono_ms
    struct loop_timer late;        // of a reply that waits
    struct auth_check *check;      // in flight
    const char *late_text;         // of that reply
    struct slice password;         // that is being checked
    void (*on_rows)(struct auth_task *task, const PGresult *rows);
    void (*after)(struct auth_task *task, const PGresult *rows);     // of session_task_look()
    void (*confirmed)(struct auth_task *task, const PGresult *rows); // of session_task_confirm()
    void (*on_password)(struct auth_task *task, enum password_outcome outcome);
    void (*on_hash)(struct auth_task *task, const char *hash);
    enum auth_field password_field;         // likewise
    void (*passed)(struct auth_task *task); // of captcha_gate_pass()
    const char *form;                       // likewise
    unsigned factor, captcha;               // that is asked for; of the CAPTCHA that was solved
    bool waited;                            // it was a ticket
    struct altcha_solution solution;
    char challenge[ALTCHA_CHALLENGE_MAX], ticket[ALTCHA_TICKET_MAX];
    struct account_secret secret;
    char token[TOKEN_HEX_MAX], id[TOKEN_HEX_MAX]; // a new one, and its SHA-256
    char uri[TOTP_URI_MAX];                       // of a new second factor
    struct recovery_codes codes;                  // new ones
    struct auth_request request;
};

// The means of all tasks, borrowed.
struct auth_task_means {
    struct event_base *base;
    struct pg *pg;
    struct hash_pool *pool;
    struct slice common; // passwords that are guessed first, one per line
};

// Registers metrics and faults.
void auth_task_register(void);

void auth_task_start(const struct auth_task_means *means);

// Ends all tasks without replies. The connections, the database and the pool must be gone.
void auth_task_finish(void);

const struct auth_task_means *auth_task_means(void);

// Begins a task for a request, whose first step is `start`; `*slot` points to it until it ends. The request
// is answered later. Refuses it if out of memory.
void auth_task_begin(struct connection *connection, const struct auth_request *request,
                     struct auth_task **slot, void (*start)(struct auth_task *task));

// The client has gone: the task ends as soon as nothing of it is in flight.
void auth_task_abandon(struct auth_task *task);

// Sends a prepared statement; `then` gets its rows. Without them the reply is "away", with too many
// statements that wait "busy".
struct auth_task_query {
    const char *name, *sql; // literals
    int count;
    const char *const *values;
    void (*then)(struct auth_task *task, const PGresult *rows);
};
void auth_task_query(struct auth_task *task, const struct auth_task_query *query);

// The reply, now. It is logged and counted.
void auth_task_reply(struct auth_task *task, const struct auth_reply *reply);
void auth_task_refuse(struct auth_task *task, enum auth_reason reason, const char *text);

// "wrong", at a time that does not tell what was wrong (option failure_delay_ms). `text` is a literal, or
// NULL.
void auth_task_refuse_late(struct auth_task *task, const char *text);

// The login or the address of a field with its domain in A-labels, as rows have it; in `out`, or in the
// request.
const char *auth_task_address(const struct auth_task *task, enum auth_field field,
                              char out[IDN_TEXT_MAX + 1]);

// Makes task->token of random bytes, and its SHA-256 in task->id.
bool auth_task_make_token(struct auth_task *task) __attribute__((warn_unused_result));

#endif
