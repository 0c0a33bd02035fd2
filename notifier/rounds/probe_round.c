// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_round.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/judge/judge.h"
#include "notifier/rounds/probe_claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    PLAN_TICKS = 15,     // between two looks which domains are monitored
    TOTALS_TICKS = 5,    // between two looks at how many fail
    CLAIM_MAX = 200,     // domains in one claim
    LEASE_SECONDS = 300, // more than the longest session with its look-ups
    PLAN_MAX = 5000,
};

// A domain that is being probed.
struct round_entry {
    struct probe_round *round;
    struct round_entry *next, **link;
    struct probe_target target;
    struct judge_history history;
    struct probe_job *job;
};

struct probe_round {
    struct probe_round_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct round_entry *entries;
    unsigned in_flight, ticks;
    bool claiming, suspected;
    bool told;          // the suspicion is recorded as it is
    char allowed[1024]; // setting transport_networks
    struct judge_rules rules;
    int64_t interval;
    unsigned self_percent;
};

static struct counter probes = {.name = "emailgency_notifier_probes_total",
                                .help = "Probes of customers' servers."};
static struct counter failures = {.name = "emailgency_notifier_probe_failures_total",
                                  .help = "Probes that found a server down."};
static struct counter running = {.name = "emailgency_notifier_probes_running",
                                 .help = "Domains that are being probed.",
                                 .kind = COUNTER_GAUGE};
static struct counter suspicion = {.name = "emailgency_notifier_self_suspected",
                                   .help =
                                       "1 while so many servers fail at once that this service is suspected.",
                                   .kind = COUNTER_GAUGE};

static struct fault refused = {.name = "probes-refused",
                               .text = "the database refuses a statement about probes",
                               .advice = "run sql/migrate, or check the rights of the role",
                               .interval_ms = 60000};

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (rc == PG_ERROR)
        (void)fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

static void send_statement(struct probe_round *round, const char *name, const char *sql,
                           const char *const *values, int count,
                           void (*on_result)(enum pg_rc, const PGresult *, void *))
{
    pg_send(round->spec.pg, &(struct pg_statement){.name = name,
                                                   .sql = sql,
                                                   .count = count,
                                                   .values = values,
                                                   .on_result = on_result,
                                                   .arg = round});
}

static void read_settings(struct probe_round *round)
{
    const struct directory_snapshot *rows;
    struct slice networks;
    round->allowed[0] = '\0';
    if (directory_begin(round->spec.directory, &rows) != DIRECTORY_OK)
        return;
    round->rules =
        (struct judge_rules){.window = (unsigned)directory_setting_number(rows, "probe_window", 5),
                             .down_after = (unsigned)directory_setting_number(rows, "probe_down_after", 4),
                             .down_min = (unsigned)directory_setting_number(rows, "probe_down_min", 180),
                             .up_after = (unsigned)directory_setting_number(rows, "probe_up_after", 3)};
    round->interval = directory_setting_number(rows, "probe_interval", 60);
    round->self_percent = (unsigned)directory_setting_number(rows, "suspect_self_percent", 30);
    if (directory_setting(rows, "transport_networks", &networks) == DIRECTORY_OK)
        (void)slice_copy(networks, round->allowed, sizeof round->allowed);
    directory_end(round->spec.directory);
}

static void remove_entry(struct round_entry *entry)
{
    *entry->link = entry->next;
    if (entry->next)
        entry->next->link = entry->link;
    counter_set(&running, --entry->round->in_flight);
    free(entry);
}

static void record(struct round_entry *entry, const char *text)
{
    char results[PROBE_RESULTS_MAX], checks[PROBE_CHECKS_MAX], due[24];
    probe_claim_format(&entry->history, results, checks);
    snprintf(due, sizeof due, "%lld", (long long)entry->round->interval);
    const char *values[] = {entry->round->spec.node,
                            entry->target.domain,
                            judge_state_name(entry->history.state),
                            results,
                            checks,
                            text,
                            due};
    send_statement(entry->round, "record_probe",
                   "select emailgency.record_probe($1, $2, $3, $4, $5::bigint[], $6, $7::integer)", values, 7,
                   on_recorded);
}

static void log_change(const struct round_entry *entry, enum judge_state before, const char *text)
{
    if (before != entry->history.state)
        log_info("server is %s: domain=%s was=%s reply=%s", judge_state_name(entry->history.state),
                 entry->target.domain, judge_state_name(before), text);
}

static void on_done(const struct probe_verdict *verdict, void *arg)
{
    struct round_entry *entry = arg;
    const enum judge_state before = entry->history.state;
    entry->job = NULL;
    counter_add(&probes, 1);
    if (verdict->known) {
        counter_add(&failures, !verdict->up);
        judge_history_add(&entry->history, clock_wall(), verdict->up);
        entry->history.state = judge_server(&entry->history, &entry->round->rules, entry->round->suspected);
        log_change(entry, before, verdict->text);
    }
    record(entry, verdict->text);
    remove_entry(entry);
}

// A row of claim_probes.
static void start_entry(struct probe_round *round, const PGresult *result, int row)
{
    struct round_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->round = round;
    const bool fits = slice_copy(slice_from(PQgetvalue(result, row, 0)), entry->target.domain,
                                 sizeof entry->target.domain) &&
                      slice_copy(slice_from(PQgetvalue(result, row, 2)), entry->target.transport,
                                 sizeof entry->target.transport) &&
                      slice_copy(slice_from(PQgetvalue(result, row, 3)), entry->target.recipient,
                                 sizeof entry->target.recipient);
    if (!probe_claim_history(PQgetvalue(result, row, 4), PQgetvalue(result, row, 5),
                             PQgetvalue(result, row, 6), &entry->history))
        log_warn("the history of a probe cannot be read, and begins again: domain=%s", entry->target.domain);
    entry->job = fits ? probe_job_start(&round->spec.means, &entry->target, on_done, entry) : NULL;
    if (!entry->job) {
        free(entry);
        return;
    }
    entry->next = round->entries;
    entry->link = &round->entries;
    if (entry->next)
        entry->next->link = &entry->next;
    round->entries = entry;
    counter_set(&running, ++round->in_flight);
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe_round *round = arg;
    round->claiming = false;
    if (rc != PG_OK) {
        on_recorded(rc, result, NULL);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++)
        start_entry(round, result, row);
    if (PQntuples(result) == CLAIM_MAX) // there may be more
        loop_timer_set(&round->timer, 0);
}

static void claim(struct probe_round *round)
{
    char count[16], lease[16];
    const unsigned room = round->spec.in_flight_max - round->in_flight;
    if (round->claiming || room == 0)
        return;
    snprintf(count, sizeof count, "%u", room < CLAIM_MAX ? room : CLAIM_MAX);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    const char *values[] = {round->spec.node, count, lease};
    round->claiming = true;
    send_statement(round, "claim_probes",
                   "select * from emailgency.claim_probes($1, $2::integer, $3::integer)", values, 3,
                   on_claimed);
}

static void on_told(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe_round *round = arg;
    if (rc == PG_LOST)
        return;
    round->told = rc == PG_OK;
    on_recorded(rc, result, NULL);
}

// Told once by each process, too: the one before it may have ended between the suspicion and its end.
static void tell_suspicion(struct probe_round *round, const char *detail)
{
    const char *values[] = {round->suspected ? "true" : "false", detail};
    if (!round->told)
        send_statement(round, "record_suspicion", "select emailgency.record_suspicion($1::boolean, $2)",
                       values, 2, on_told);
}

static void on_totals(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe_round *round = arg;
    if (rc != PG_OK || PQntuples(result) != 1)
        return;
    const uint64_t probed = strtoull(PQgetvalue(result, 0, 0), NULL, 10),
                   failing = strtoull(PQgetvalue(result, 0, 1), NULL, 10);
    const bool suspected = judge_self(probed, failing, round->self_percent);
    char detail[200];
    snprintf(detail, sizeof detail, "%llu of %llu servers fail", (unsigned long long)failing,
             (unsigned long long)probed);
    if (suspected != round->suspected) {
        round->suspected = suspected;
        round->told = false;
        counter_set(&suspicion, suspected);
        log_warn("%s: %s",
                 suspected
                     ? "very many servers fail at once, so this service is suspected and no customer alerted"
                     : "no longer suspected",
                 detail);
    }
    tell_suspicion(round, detail);
}

static void on_tick(void *arg)
{
    struct probe_round *round = arg;
    loop_timer_set(&round->timer, TICK_MS);
    if (!pg_ready(round->spec.pg))
        return;
    read_settings(round);
    const char *count[] = {"5000"};
    if (round->ticks % PLAN_TICKS == 0)
        send_statement(round, "plan_probes", "select emailgency.plan_probes($1::integer)", count, 1,
                       on_recorded);
    if (round->ticks % TOTALS_TICKS == 0)
        send_statement(round, "probe_totals", "select * from emailgency.probe_totals()", NULL, 0, on_totals);
    round->ticks++;
    claim(round);
}

struct probe_round *probe_round_create(struct event_base *base, const struct probe_round_spec *spec)
{
    struct probe_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    round->base = base;
    round->spec.means.allowed = round->allowed;
    counter_register(&probes);
    counter_register(&failures);
    counter_register(&running);
    counter_register(&suspicion);
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, base, on_tick, round);
    loop_timer_set(&round->timer, 0);
    return round;
}

const struct probe_means *probe_round_means(const struct probe_round *round)
{
    return &round->spec.means;
}

void probe_round_destroy(struct probe_round *round)
{
    if (!round)
        return;
    for (struct round_entry *next, *entry = round->entries; entry; entry = next) {
        next = entry->next;
        probe_job_cancel(entry->job);
        free(entry);
    }
    loop_timer_finish(&round->timer);
    free(round);
}
