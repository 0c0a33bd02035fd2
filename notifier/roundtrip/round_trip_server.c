// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/roundtrip/round_trip_server.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "directory/round_trip_address.h"
#include "io/server.h"
#include "notifier/roundtrip/round_trip_arrival.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAITING_MAX = 1000 }; // statements of this process that wait for the database

struct round_trip_job;

// A connection.
struct round_trip_client {
    struct connection *connection;
    struct round_trip_job *job; // its message is being recorded; NULL: none
    struct lmtp_dialogue dialogue;
};

// A statement whose answer the client waits for.
struct round_trip_job {
    struct round_trip_client *client; // NULL: it has gone
    bool returned;                    // ROUND_TRIP_RETURNED
};

static struct {
    struct server *server;
    struct round_trip_server_spec spec;
} service;

static struct counter connections = {.name = "emailgency_notifier_lmtp_connections",
                                     .help = "Connected Postfix processes.",
                                     .kind = COUNTER_GAUGE};
static struct counter messages[ROUND_TRIP_ARRIVALS];

// The words of record_round_trip_arrival().
enum { ARRIVED, LATE, REPEATED, EXPIRED, UNKNOWN, OUTCOMES };
static const char *const outcomes[OUTCOMES] = {"arrived", "late", "repeated", "expired", "unknown"};
static struct counter arrivals[OUTCOMES];

static const char *outcome_word(unsigned outcome)
{
    return outcomes[outcome];
}

enum { FAULT_REFUSED, FAULT_WORTHLESS, FAULT_LOOP };

static struct fault faults[] = {
    [FAULT_REFUSED] =
        {.name = "round-trip-not-recorded",
         .text = "the database does not record that a probe mail came back, so Postfix keeps it",
         .advice = "see whether PostgreSQL is up; run emailgency-migrate; check the rights of the role",
         .interval_ms = 60000},
    [FAULT_WORTHLESS] = {.name = "round-trip-worthless",
                         .text = "mail to the round-trip address that is no probe is dropped",
                         .advice =
                             "nothing, unless the kind is forged after a change of the key: keep the old "
                             "one in round_trip_previous_key_file for a day",
                         .is_warning = true,
                         .by_subject = true,
                         .interval_ms = 600000},
    [FAULT_LOOP] = {.name = "round-trip-loop",
                    .text = "mail to the round-trip address went through very many hosts, and is dropped",
                    .advice = "see the Received fields; a customer's redirect leads to itself",
                    .is_warning = true,
                    .interval_ms = 600000},
};

static bool takes(struct slice local, struct slice domain, void *arg)
{
    const struct directory_snapshot *rows;
    (void)arg;
    if (directory_begin(service.spec.directory, &rows) != DIRECTORY_OK)
        return false;
    const bool accepted = round_trip_address_is(rows, local, domain);
    directory_end(service.spec.directory);
    return accepted;
}

static void answer(struct round_trip_client *client, bool taken)
{
    lmtp_dialogue_answer(&client->dialogue, taken);
    connection_reply(client->connection, slice_make(client->dialogue.reply, client->dialogue.reply_len));
}

static void log_arrival(const PGresult *result)
{
    const char *outcome = PQgetvalue(result, 0, 0);
    for (int i = 0; i < OUTCOMES; i++)
        counter_add(&arrivals[i], slice_equal(slice_from(outcome), slice_from(outcomes[i])));
    if (slice_equal(slice_from(outcome), slice_from(outcomes[ARRIVED])))
        log_debug("probe mail came back: domain=%s seconds=%s", PQgetvalue(result, 0, 1),
                  PQgetvalue(result, 0, 2));
    else
        log_info("probe mail came back: domain=%s seconds=%s outcome=%s",
                 log_value(slice_from(PQgetvalue(result, 0, 1))).text, PQgetvalue(result, 0, 2), outcome);
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct round_trip_job *job = arg;
    if (rc == PG_OK && !job->returned && PQntuples(result) == 1)
        log_arrival(result);
    if (rc != PG_OK)
        (void)fault_report(&faults[FAULT_REFUSED],
                           rc == PG_ERROR ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL);
    if (job->client) {
        job->client->job = NULL;
        answer(job->client, rc == PG_OK);
    }
    free(job);
}

// Returns false if it cannot be recorded now.
static bool record(struct round_trip_client *client, const struct probe_token *token, bool returned)
{
    char id[16], sequence[16];
    const char *values[] = {id, sequence};
    if (!service.spec.pg || !pg_ready(service.spec.pg) || pg_waiting(service.spec.pg) >= WAITING_MAX)
        return false;
    struct round_trip_job *job = calloc(1, sizeof *job);
    if (!job)
        return false;
    *job = (struct round_trip_job){.client = client, .returned = returned};
    client->job = job;
    snprintf(id, sizeof id, "%" PRIu32, token->domain);
    snprintf(sequence, sizeof sequence, "%" PRIu32, token->sequence);
    pg_send(service.spec.pg,
            &(struct pg_statement){
                .name = returned ? "record_round_trip_return" : "record_round_trip_arrival",
                .sql = returned ? "select emailgency.record_round_trip_return($1::integer, $2::integer)"
                                : "select * from emailgency.record_round_trip_arrival($1::integer, "
                                  "$2::integer)",
                .count = 2,
                .values = values,
                .on_result = on_recorded,
                .arg = job});
    return true;
}

static void take_message(struct round_trip_client *client)
{
    struct probe_token token;
    const enum round_trip_arrival found =
        round_trip_arrival_judge(&client->dialogue, service.spec.keys, clock_wall(), &token);
    counter_add(&messages[found], 1);
    switch (found) {
    case ROUND_TRIP_ARRIVED:
    case ROUND_TRIP_RETURNED:
        if (record(client, &token, found == ROUND_TRIP_RETURNED))
            connection_defer(client->connection);
        else
            answer(client, false);
        return;
    case ROUND_TRIP_UNCHECKED:
        answer(client, false);
        return;
    case ROUND_TRIP_LOOPED:
        (void)fault_report(&faults[FAULT_LOOP], log_value(slice_from(client->dialogue.sender)).text);
        break;
    default:
        (void)fault_report(&faults[FAULT_WORTHLESS], round_trip_arrival_word(found));
        break;
    }
    answer(client, true);
}

static size_t on_input(struct connection *connection, struct slice in)
{
    struct round_trip_client *client = server_state(connection);
    size_t taken;
    switch (lmtp_dialogue_read(&client->dialogue, in, &taken)) {
    case LMTP_DIALOGUE_MORE:
        break;
    case LMTP_DIALOGUE_REPLY:
        connection_reply(connection, slice_make(client->dialogue.reply, client->dialogue.reply_len));
        break;
    case LMTP_DIALOGUE_MESSAGE:
        take_message(client);
        break;
    case LMTP_DIALOGUE_CLOSE:
        connection_reply(connection, slice_make(client->dialogue.reply, client->dialogue.reply_len));
        connection_destroy(connection);
        return in.len;
    }
    return taken;
}

static void on_open(struct connection *connection, void *state)
{
    struct round_trip_client *client = state;
    client->connection = connection;
    lmtp_dialogue_init(&client->dialogue, service.spec.host, takes, NULL);
    connection_reply(connection, slice_make(client->dialogue.reply, client->dialogue.reply_len));
}

static void on_close(void *state)
{
    struct round_trip_client *client = state;
    if (client->job)
        client->job->client = NULL;
}

static void register_counters(void)
{
    counter_register(&connections);
    counter_family_register(&(struct counter_family){.name = "emailgency_notifier_round_trip_mail_total",
                                                     .help = "Mail at the round-trip address by kind.",
                                                     .label = "kind",
                                                     .word = round_trip_arrival_word,
                                                     .count = ROUND_TRIP_ARRIVALS,
                                                     .counters = messages});
    counter_family_register(&(struct counter_family){.name = "emailgency_notifier_round_trip_arrivals_total",
                                                     .help = "Probe mails that came back, by outcome.",
                                                     .label = "outcome",
                                                     .word = outcome_word,
                                                     .count = OUTCOMES,
                                                     .counters = arrivals});
    fault_register(faults, sizeof faults / sizeof faults[0], "emailgency_notifier_errors_total");
}

bool round_trip_server_start(struct event_base *base, const struct round_trip_listening *listening,
                             struct problem *problem)
{
    service.server = server_create(base,
                                   &(struct server_spec){.address = listening->address,
                                                         .group = listening->group,
                                                         .mode = listening->mode,
                                                         .owner = listening->owner,
                                                         .request_max = (size_t)2 * LMTP_DIALOGUE_LINE_MAX,
                                                         .state_size = sizeof(struct round_trip_client),
                                                         .on_open = on_open,
                                                         .on_input = on_input,
                                                         .on_close = on_close,
                                                         .connections = &connections},
                                   problem);
    if (!service.server)
        return false;
    register_counters();
    return true;
}

void round_trip_server_serve(const struct round_trip_server_spec *spec)
{
    service.spec = *spec;
}

void round_trip_server_finish(void)
{
    server_destroy(service.server);
    service.server = NULL;
}
