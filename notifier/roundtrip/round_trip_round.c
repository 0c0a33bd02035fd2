// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/roundtrip/round_trip_round.h"

#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/outbox/mail_sender.h"
#include "notifier/roundtrip/round_trip_mail.h"
#include "pg/pg_refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TICK_MS = 1000,
    PLAN_TICKS = 15,     // between two looks which domains have round trips
    EXPIRE_TICKS = 2,    // between two looks which probes are lost
    IN_FLIGHT_MAX = 32,  // sendmail(1) at once
    LEASE_SECONDS = 120, // more than sendmail(1) may take
};

// A probe that is being sent.
struct round_trip_entry {
    struct round_trip_round *round;
    struct round_trip_entry *next, **link;
    struct mail_sender_spec sender;
    struct mail_delivery *delivery;
    char domain[ADDRESS_DOMAIN_MAX + 1];
    char sequence[16];
    struct round_trip_mail mail;
};

struct round_trip_round {
    struct round_trip_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct round_trip_entry *entries;
    unsigned in_flight, ticks;
    bool claiming, suspected;
    char home[ADDRESS_MAX + 1]; // setting round_trip_address; "": none
};

enum { SENT, NOT_SENT, LOST, ENDS };

static const char *end_word(unsigned end)
{
    static const char *const words[] = {"sent", "not-sent", "lost"};
    return words[end];
}

static struct counter ends[ENDS];

static struct fault faults[] = {
    {.name = "round-trips-refused",
     .text = "the database refuses a statement about round trips",
     .advice = "run emailgency-migrate, or check the rights of the role",
     .interval_ms = 60000},
    {.name = "round-trip-not-sent",
     .text = "a probe mail cannot be sent",
     .advice = "see whether sendmail(1) works for the notifier's account",
     .interval_ms = 60000},
};

static void read_settings(struct round_trip_round *round)
{
    const struct directory_snapshot *rows;
    struct slice home;
    round->home[0] = '\0';
    if (directory_begin(round->spec.directory, &rows) != DIRECTORY_OK)
        return;
    if (directory_setting(rows, "round_trip_address", &home) == DIRECTORY_OK)
        (void)slice_copy(home, round->home, sizeof round->home);
    directory_end(round->spec.directory);
}

// ---- sending

static void end_entry(struct round_trip_entry *entry, const char *error)
{
    struct round_trip_round *round = entry->round;
    const char *values[] = {round->spec.node, entry->domain, entry->sequence, error};
    counter_add(&ends[*error ? NOT_SENT : SENT], 1);
    if (*error)
        (void)fault_report(&faults[1], log_value(slice_from(error)).text);
    log_debug("probe mail: domain=%s sequence=%s error=%s", entry->domain, entry->sequence,
              log_value(slice_from(error)).text);
    pg_call(round->spec.pg, "record_round_trip_sent",
            "select emailgency.record_round_trip_sent($1, $2, $3::integer, $4)", values, 4, pg_refusal_only,
            &faults[0]);
    if (entry->link) {
        *entry->link = entry->next;
        if (entry->next)
            entry->next->link = entry->link;
        round->in_flight--;
    }
    free(entry);
}

// One that may have been sent counts as not sent: it is no loss, and has no effect if it comes back.
static void on_sent(const struct send_result *result, void *arg)
{
    struct round_trip_entry *entry = arg;
    entry->delivery = NULL;
    end_entry(entry, result->outcome == SEND_SENT ? "" : *result->error ? result->error : "sendmail failed");
}

static uint32_t number_of(const PGresult *result, int row, int column)
{
    return (uint32_t)strtoul(PQgetvalue(result, row, column), NULL, 10);
}

static bool write_mail(struct round_trip_entry *entry, const PGresult *result, int row)
{
    const struct round_trip_round *round = entry->round;
    const struct probe_token probe = {.domain = number_of(result, row, 1),
                                      .sequence = number_of(result, row, 2),
                                      .sent = number_of(result, row, 3)};
    return round_trip_mail_write(round->spec.keys, slice_from(round->home),
                                 slice_from(PQgetvalue(result, row, 4)), &probe, &entry->mail);
}

// A row of claim_round_trips.
static void start_entry(struct round_trip_round *round, const PGresult *result, int row)
{
    struct round_trip_entry *entry = calloc(1, sizeof *entry);
    if (!entry || !slice_copy(slice_from(PQgetvalue(result, row, 0)), entry->domain, sizeof entry->domain) ||
        !slice_copy(slice_from(PQgetvalue(result, row, 2)), entry->sequence, sizeof entry->sequence)) {
        free(entry);
        return;
    }
    entry->round = round;
    if (!write_mail(entry, result, row)) {
        end_entry(entry, "the address cannot be written into a message");
        return;
    }
    // Alerts have a second way out; what is tested here is the first.
    entry->sender = (struct mail_sender_spec){
        .sendmail = round->spec.sendmail, .sender = entry->mail.sender, .smarthost = ""};
    entry->delivery = mail_delivery_start(round->base, &entry->sender, entry->mail.recipient,
                                          slice_make(entry->mail.message, entry->mail.len), on_sent, entry);
    if (!entry->delivery) {
        end_entry(entry, strerrordesc_np(errno));
        return;
    }
    entry->next = round->entries;
    entry->link = &round->entries;
    if (entry->next)
        entry->next->link = &entry->next;
    round->entries = entry;
    round->in_flight++;
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct round_trip_round *round = arg;
    round->claiming = false;
    if (rc != PG_OK) {
        pg_refusal_report(&faults[0], rc, result);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++)
        start_entry(round, result, row);
}

static void claim(struct round_trip_round *round)
{
    char count[16], lease[16];
    if (round->claiming || !round->home[0] || round->in_flight >= IN_FLIGHT_MAX)
        return;
    snprintf(count, sizeof count, "%u", IN_FLIGHT_MAX - round->in_flight);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    const char *values[] = {round->spec.node, count, lease};
    round->claiming = true;
    pg_call(round->spec.pg, "claim_round_trips",
            "select * from emailgency.claim_round_trips($1, $2::integer, $3::integer)", values, 3, on_claimed,
            round);
}

// ---- losses

static void on_expired(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (rc != PG_OK) {
        pg_refusal_report(&faults[0], rc, result);
        return;
    }
    counter_add(&ends[LOST], PQntuples(result));
    for (int row = 0; row < PQntuples(result); row++)
        log_info("probe mail did not come back: domain=%s losses=%s", PQgetvalue(result, row, 0),
                 PQgetvalue(result, row, 1));
}

static void on_judged(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct round_trip_round *round = arg;
    if (rc != PG_OK || PQntuples(result) != 1) {
        pg_refusal_report(&faults[0], rc, result);
        return;
    }
    const bool suspected = PQgetvalue(result, 0, 0)[0] == 't';
    if (suspected != round->suspected)
        log_warn("%s", suspected
                           ? "very many probe mails are lost at once, so this service is suspected and no "
                             "customer alerted"
                           : "probe mail comes back again: this service is no longer suspected");
    round->suspected = suspected;
}

static void on_tick(void *arg)
{
    struct round_trip_round *round = arg;
    const char *count[] = {"1000"};
    loop_timer_set(&round->timer, TICK_MS);
    if (!pg_ready(round->spec.pg))
        return;
    read_settings(round);
    if (round->ticks % PLAN_TICKS == 0)
        pg_call(round->spec.pg, "plan_round_trips", "select emailgency.plan_round_trips($1::integer)", count,
                1, pg_refusal_only, &faults[0]);
    if (round->ticks % EXPIRE_TICKS == 0) {
        pg_call(round->spec.pg, "expire_round_trips",
                "select * from emailgency.expire_round_trips($1::integer)", count, 1, on_expired, round);
        pg_call(round->spec.pg, "judge_round_trips", "select emailgency.judge_round_trips($1::integer)",
                count, 1, on_judged, round);
    }
    round->ticks++;
    claim(round);
}

struct round_trip_round *round_trip_round_create(struct event_base *base, const struct round_trip_spec *spec)
{
    struct round_trip_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    round->base = base;
    counter_family_register(&(struct counter_family){.name = "emailgency_notifier_round_trips_total",
                                                     .help = "Probe mails by what became of them here.",
                                                     .label = "end",
                                                     .word = end_word,
                                                     .count = ENDS,
                                                     .counters = ends});
    fault_register(faults, sizeof faults / sizeof faults[0], "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, base, on_tick, round);
    loop_timer_set(&round->timer, 0);
    return round;
}

void round_trip_round_destroy(struct round_trip_round *round)
{
    if (!round)
        return;
    for (struct round_trip_entry *next, *entry = round->entries; entry; entry = next) {
        next = entry->next;
        mail_delivery_cancel(entry->delivery);
        free(entry);
    }
    loop_timer_finish(&round->timer);
    free(round);
}
