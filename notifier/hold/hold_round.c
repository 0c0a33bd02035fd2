// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/hold/hold_round.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/hold/hold_client.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IDLE_MS = 1000,
    MESSAGES_MAX = 20,
    BATCH_MS = 45000, // a reply may take 70 s, a lease ends after 120: the rest is left to the next claim
    TEXT_MAX = 512,
    PROBLEM_MAX = 200
};

struct message {
    char id[24];
    char line[TEXT_MAX]; // the request
    char outcome[12];    // empty: pending
    char problem[PROBLEM_MAX];
};

struct hold_round {
    struct hold_round_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct unix_question *client;
    struct message messages[MESSAGES_MAX];
    unsigned count, next;
    int64_t begun_ms; // clock_mono_ms
};

static struct fault refused = {.name = "hold-refused",
                               .text = "the database refuses a statement about held mail",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};
static struct fault failed = {.name = "queuehold",
                              .text = "mail of a login that may not send cannot be held, released or deleted",
                              .advice =
                                  "see that emailgency-queuehold.socket is active, and that queuehold in "
                                  "notifier.conf names its socket",
                              .interval_ms = 60000};
static struct counter done = {.name = "emailgency_notifier_held_messages_total",
                              .help = "Queued messages that were held, released or deleted."};

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct hold_round *round = arg;
    pg_refusal_report(&refused, rc, result);
    // A result that the database did not hear of is claimed again once its lease has ended; that does no
    // harm.
    loop_timer_set(&round->timer, rc == PG_OK && round->count == MESSAGES_MAX ? 0 : IDLE_MS);
}

static void record(struct hold_round *round)
{
    struct array_literal ids = {.text = NULL}, outcomes = {.text = NULL}, problems = {.text = NULL};
    array_literal_begin(&ids);
    array_literal_begin(&outcomes);
    array_literal_begin(&problems);
    for (unsigned i = 0; i < round->count; i++) {
        array_literal_add(&ids, slice_from(round->messages[i].id));
        array_literal_add(&outcomes, slice_from(round->messages[i].outcome));
        array_literal_add(&problems, slice_from(round->messages[i].problem));
    }
    const char *values[] = {round->spec.node, array_literal_end(&ids), array_literal_end(&outcomes),
                            array_literal_end(&problems)};
    if (values[1] && values[2] && values[3])
        pg_send(round->spec.pg,
                &(struct pg_statement){
                    .name = "record_held",
                    .sql = "select emailgency.record_held($1, $2::bigint[], $3::text[], $4::text[])",
                    .count = 4,
                    .values = values,
                    .on_result = on_recorded,
                    .arg = round});
    else
        loop_timer_set(&round->timer, IDLE_MS);
    array_literal_finish(&ids);
    array_literal_finish(&outcomes);
    array_literal_finish(&problems);
}

static void take_next(struct hold_round *round);

static void note(struct message *message, const char *reply, const char *problem)
{
    static const char failure[] = "failed ";
    const char *const request = message->line;
    const bool has_failed = !reply || strncmp(reply, "failed", strlen("failed")) == 0;
    if (reply && strncmp(reply, failure, strlen(failure)) == 0)
        problem = reply + strlen(failure);
    snprintf(message->outcome, sizeof message->outcome, "%.*s", (int)sizeof message->outcome - 1,
             has_failed ? "failed" : reply);
    // PostgreSQL takes valid UTF-8 only.
    const struct log_value shown = log_value(slice_from(has_failed && problem ? problem : ""));
    struct slice text = slice_from(has_failed ? shown.text : "");
    text.len = text.len < sizeof message->problem ? text.len : sizeof message->problem - 1;
    (void)slice_copy(text, message->problem, sizeof message->problem);
    if (has_failed) {
        (void)fault_report(&failed, message->problem);
        return;
    }
    counter_add(&done, 1);
    log_info("queued mail of a login that may not send: outcome=%s request=%s", message->outcome,
             log_value(slice_make(request, strcspn(request, "\n"))).text);
}

static void on_reply(struct slice reply, const char *problem, void *arg)
{
    struct hold_round *round = arg;
    char text[HOLD_REPLY_MAX];
    round->client = NULL;
    note(&round->messages[round->next], !problem && slice_copy(reply, text, sizeof text) ? text : NULL,
         problem);
    round->next++;
    take_next(round);
}

static void take_next(struct hold_round *round)
{
    if (round->next > 0 && clock_mono_ms() - round->begun_ms > BATCH_MS)
        round->count = round->next;
    if (round->next == round->count) {
        record(round);
        return;
    }
    round->client =
        hold_client_ask(round->base, round->spec.socket, round->messages[round->next].line, on_reply, round);
    if (!round->client)
        on_reply(SLICE(""), "its socket does not take a connection", round);
}

static const char *action_of(const char *wanted)
{
    if (strcmp(wanted, "held") == 0)
        return "hold";
    return strcmp(wanted, "released") == 0 ? "release" : "delete";
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct hold_round *round = arg;
    pg_refusal_report(&refused, rc, result);
    round->next = round->count = 0;
    round->begun_ms = clock_mono_ms();
    for (int row = 0; rc == PG_OK && row < PQntuples(result) && row < MESSAGES_MAX; row++) {
        struct message *message = &round->messages[round->count++];
        (void)slice_copy(slice_from(PQgetvalue(result, row, 0)), message->id, sizeof message->id);
        snprintf(message->line, sizeof message->line, "%s %s %s\n", action_of(PQgetvalue(result, row, 3)),
                 PQgetvalue(result, row, 1), PQgetvalue(result, row, 2));
    }
    if (round->count > 0)
        take_next(round);
    else
        loop_timer_set(&round->timer, IDLE_MS);
}

static void on_searched(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct hold_round *round = arg;
    const char *values[] = {round->spec.node};
    pg_refusal_report(&refused, rc, result);
    if (rc != PG_OK) {
        loop_timer_set(&round->timer, IDLE_MS);
        return;
    }
    pg_send(round->spec.pg, &(struct pg_statement){.name = "claim_held",
                                                   .sql = "select * from emailgency.claim_held($1, 20, 120)",
                                                   .count = 1,
                                                   .values = values,
                                                   .on_result = on_claimed,
                                                   .arg = round});
}

static void on_turn(void *arg)
{
    struct hold_round *round = arg;
    if (!pg_ready(round->spec.pg)) {
        loop_timer_set(&round->timer, IDLE_MS);
        return;
    }
    pg_send(round->spec.pg, &(struct pg_statement){.name = "search_held",
                                                   .sql = "select emailgency.search_held(20)",
                                                   .on_result = on_searched,
                                                   .arg = round});
}

struct hold_round *hold_round_create(struct event_base *base, const struct hold_round_spec *spec)
{
    struct hold_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    round->base = base;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    fault_register(&failed, 1, "emailgency_notifier_errors_total");
    counter_register(&done);
    loop_timer_init(&round->timer, base, on_turn, round);
    if (*spec->socket)
        loop_timer_set(&round->timer, IDLE_MS);
    return round;
}

void hold_round_destroy(struct hold_round *round)
{
    if (!round)
        return;
    unix_question_cancel(round->client);
    loop_timer_finish(&round->timer);
    free(round);
}
