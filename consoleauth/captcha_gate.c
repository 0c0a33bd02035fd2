// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/captcha_gate.h"

#include "altcha/altcha.h"
#include "altcha/altcha_ticket.h"
#include "base/cidr.h"
#include "base/clock.h"
#include "base/counter.h"
#include "consoleauth/consoleauth_conf.h"
#include "consoleauth/decide/captcha_factor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum { VALID_S = 600 };

static struct altcha_keys keys;

enum captcha_outcome { CAPTCHA_ASKED, CAPTCHA_WAITED, CAPTCHA_SOLVED, CAPTCHA_UNSOLVED, CAPTCHA_OUTCOMES };
static struct counter outcomes[CAPTCHA_OUTCOMES];

static const char *outcome_word(unsigned outcome)
{
    static const char *const words[] = {[CAPTCHA_ASKED] = "asked",
                                        [CAPTCHA_WAITED] = "waited",
                                        [CAPTCHA_SOLVED] = "solved",
                                        [CAPTCHA_UNSOLVED] = "unsolved"};
    return words[outcome];
}

void captcha_gate_register(void)
{
    counter_family_register(
        &(struct counter_family){.name = "emailgency_console_auth_captcha_total",
                                 .help = "CAPTCHAs that were asked for, and what came back.",
                                 .label = "outcome",
                                 .word = outcome_word,
                                 .count = CAPTCHA_OUTCOMES,
                                 .counters = outcomes});
}

bool captcha_gate_set_key(const char *key, struct problem *problem)
{
    keys = (struct altcha_keys){.current = *key ? key : NULL};
    return !*key || strlen(key) >= ALTCHA_KEY_MIN ||
           problem_set(problem,
                       "captcha_key_file: its first line has less than %d characters: make one by openssl "
                       "rand -hex 32",
                       ALTCHA_KEY_MIN);
}

bool captcha_gate_asks(void)
{
    return keys.current != NULL;
}

static struct altcha_place place_of(const struct auth_task *task, const char *form,
                                    char network[CIDR_TEXT_MAX])
{
    struct ip client;
    *network = '\0';
    if (ip_parse(auth_request_field(&task->request, AUTH_FIELD_FROM), &client)) {
        const struct cidr around = cidr_of_client(&client);
        cidr_format(&around, network);
    }
    return (struct altcha_place){.form = form, .network = network};
}

// Adds "challenge" and "wait" to a reply. A ticket that came too early is given back.
static bool add_challenge(struct auth_task *task, const char *form, unsigned factor, struct auth_reply *reply)
{
    unsigned char random[ALTCHA_RANDOM_SIZE + ALTCHA_TICKET_RANDOM];
    char network[CIDR_TEXT_MAX];
    const long long now = clock_wall();
    const struct altcha_place place = place_of(task, form, network);
    const struct altcha_spec spec = {
        .form = form, .cost = (unsigned)consoleauth_conf.captcha_cost * factor, .expires_at = now + VALID_S};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random ||
        !altcha_make(&keys, &spec, random, task->challenge) ||
        (!*task->ticket &&
         !altcha_ticket_make(&keys, &place, now, now + VALID_S, random + ALTCHA_RANDOM_SIZE, task->ticket)))
        return false;
    auth_reply_add_json(reply, "challenge", task->challenge);
    auth_reply_add(reply, "wait", task->ticket);
    return true;
}

void captcha_gate_ask(struct auth_task *task, const char *form, unsigned factor)
{
    struct auth_reply reply = {.reason = AUTH_CAPTCHA};
    counter_add(&outcomes[CAPTCHA_ASKED], 1);
    if (add_challenge(task, form, factor, &reply))
        auth_task_reply(task, &reply);
    else
        auth_task_refuse(task, AUTH_BUSY, NULL);
}

static void ask_again(struct auth_task *task)
{
    counter_add(&outcomes[CAPTCHA_UNSOLVED], 1);
    captcha_gate_ask(task, task->form, task->factor);
}

static void pass(struct auth_task *task, enum captcha_outcome outcome, unsigned factor)
{
    counter_add(&outcomes[outcome], 1);
    task->captcha = factor;
    task->passed(task);
}

static void on_solved(const struct hash_result *result, void *arg)
{
    struct auth_task *task = arg;
    if (result->good)
        pass(task, CAPTCHA_SOLVED, task->solution.cost / (unsigned)consoleauth_conf.captcha_cost);
    else
        ask_again(task);
}

static void on_used(struct auth_task *task, const PGresult *rows)
{
    if (*PQgetvalue(rows, 0, 0) != 't')
        ask_again(task);
    else if (task->waited)
        pass(task, CAPTCHA_WAITED, CAPTCHA_FACTOR_MAX);
    else if (!hash_pool_submit(
                 auth_task_means()->pool,
                 &(struct hash_work){.solution = &task->solution, .on_done = on_solved, .arg = task}))
        auth_task_refuse(task, AUTH_BUSY, NULL);
}

// A ticket costs nothing but a wait, so a network uses one at a time.
static void use(struct auth_task *task, const struct altcha_use *given)
{
    char expires[24], slot[CIDR_TEXT_MAX + 48] = "", network[CIDR_TEXT_MAX];
    snprintf(expires, sizeof expires, "%lld", given->expires_at);
    if (task->waited)
        snprintf(slot, sizeof slot, "%s %lld", place_of(task, task->form, network).network,
                 (long long)(clock_wall() / ALTCHA_TICKET_WAIT));
    const char *values[] = {given->nonce, expires, task->waited ? slot : NULL};
    auth_task_query(
        task, &(struct auth_task_query){
                  .name = "captcha_use",
                  .sql = "select emailgency.captcha_use(decode($1, 'hex'), to_timestamp($2::bigint), $3)",
                  .count = 3,
                  .values = values,
                  .then = on_used});
}

void captcha_gate_pass(struct auth_task *task, const char *form, unsigned factor,
                       void (*then)(struct auth_task *task))
{
    const struct slice given = auth_request_field(&task->request, AUTH_FIELD_CAPTCHA);
    char network[CIDR_TEXT_MAX];
    struct altcha_use ticket;
    task->passed = then;
    task->form = form;
    task->factor = factor;
    if (factor == 0 || !keys.current) {
        then(task);
        return;
    }
    const struct altcha_place place = place_of(task, form, network);
    const enum altcha_rc rc = altcha_ticket_read(&keys, &place, clock_wall(), given, &ticket);
    task->waited = rc == ALTCHA_RIGHT;
    if (rc == ALTCHA_EARLY)
        (void)slice_copy(given, task->ticket, sizeof task->ticket);
    if (task->waited)
        use(task, &ticket);
    else if (altcha_read(&keys, form, clock_wall(), given, &task->solution) == ALTCHA_RIGHT &&
             captcha_factor_accepts(task->solution.cost / (unsigned)consoleauth_conf.captcha_cost, factor))
        use(task, &task->solution.use);
    else if (given.len)
        ask_again(task);
    else
        captcha_gate_ask(task, form, factor);
}

static void on_state(struct auth_task *task, const PGresult *rows)
{
    const unsigned factor = captcha_factor(0, (unsigned)strtoul(PQgetvalue(rows, 0, 0), NULL, 10));
    struct auth_reply reply = {.reason = AUTH_OK};
    if (add_challenge(task, auth_request_text(&task->request, AUTH_FIELD_FOR), factor ? factor : 1, &reply))
        auth_task_reply(task, &reply);
    else
        auth_task_refuse(task, AUTH_AWAY, "The service has no CAPTCHAs: ask its operator.");
}

void captcha_gate_look(struct auth_task *task, void (*then)(struct auth_task *task, const PGresult *rows))
{
    const char *values[] = {auth_request_text(&task->request, AUTH_FIELD_FROM)};
    auth_task_query(task,
                    &(struct auth_task_query){
                        .name = "network_state",
                        .sql = "select t.network_failures from emailgency.throttle_state('', $1::inet) as t",
                        .count = 1,
                        .values = values,
                        .then = then});
}

void captcha_gate_challenge(struct auth_task *task)
{
    captcha_gate_look(task, on_state);
}

static void reply_proved(struct auth_task *task)
{
    auth_task_reply(task, &(struct auth_reply){.reason = AUTH_OK});
}

static void on_prove(struct auth_task *task, const PGresult *rows)
{
    const unsigned factor = captcha_factor(0, (unsigned)strtoul(PQgetvalue(rows, 0, 0), NULL, 10));
    captcha_gate_pass(task, "assistant", factor ? factor : 1, reply_proved);
}

void captcha_gate_prove(struct auth_task *task)
{
    captcha_gate_look(task, on_prove);
}
