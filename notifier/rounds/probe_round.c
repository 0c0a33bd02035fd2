// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_round.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "notifier/judge/judge.h"
#include "notifier/rounds/probe_claim.h"
#include "notifier/rounds/probe_findings.h"
#include "notifier/rounds/probe_question.h"
#include "notifier/rounds/probe_replay.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    PLAN_TICKS = 15,     // between two looks which domains are monitored
    TOTALS_TICKS = 5,    // between two looks at how many fail
    CLAIM_MAX = 200,     // domains in one claim
    LEASE_SECONDS = 300, // more than the longest session with its look-ups
    WATCHES_MS = 180000, // without a claim nothing is watched any more
};

struct probe_round {
    struct probe_round_spec spec;
    struct event_base *base;
    struct loop_timer timer;
    struct probe_flight *flight;
    struct probe_recorder *recorder;
    struct probe_away away;
    struct probe_replay *replay;
    unsigned ticks;
    bool claiming, is_away;
    struct judge_suspicion suspicion;
    struct probe_findings *findings;
    struct probe_questions *questions;
    bool told;          // the suspicion is recorded as it is
    int64_t claimed_ms; // clock_mono_ms of the latest claim; 0: none
    char allowed[1024]; // setting transport_networks
    struct judge_rules rules;
    unsigned self_percent;
};

static struct counter probes = {.name = "emailgency_notifier_probes_total",
                                .help = "Probes of customers' servers."};
static struct counter failures = {.name = "emailgency_notifier_probe_failures_total",
                                  .help = "Probes that found a server down."};
static struct counter excused = {.name = "emailgency_notifier_probes_excused_total",
                                 .help = "Probes that failed while the server's mail left the queue, so that "
                                         "they do not count."};
static struct counter suspicion = {.name = "emailgency_notifier_self_suspected",
                                   .help =
                                       "1 while so many servers fail at once that this service is suspected.",
                                   .kind = COUNTER_GAUGE};

static struct fault refused = {.name = "probes-refused",
                               .text = "the database refuses a statement about probes",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

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
    round->away.interval = directory_setting_number(rows, "probe_interval", 60);
    round->self_percent = (unsigned)directory_setting_number(rows, "suspect_self_percent", 30);
    if (directory_setting(rows, "transport_networks", &networks) == DIRECTORY_OK)
        (void)slice_copy(networks, round->allowed, sizeof round->allowed);
    directory_end(round->spec.directory);
}

static void log_change(const struct probe_finding *finding)
{
    if (finding->before != finding->history.state)
        log_info("server is %s: domain=%s was=%s reply=%s", judge_state_name(finding->history.state),
                 finding->domain, judge_state_name(finding->before), finding->reply);
}

static void on_lost(const struct probe_finding *finding, void *arg)
{
    struct probe_round *round = arg;
    probe_away_keep(&round->away, finding);
}

// The end of a probe under a lease: `ok` as it counts.
static void settle(struct probe_round *round, const struct probe_target *target,
                   struct probe_finding *finding, bool known, bool ok)
{
    if (known) {
        counter_add(&failures, !ok);
        judge_history_add(&finding->history, clock_wall(), ok);
        finding->history.state = judge_server(&finding->history, &round->rules, round->suspicion.suspected);
        log_change(finding);
    }
    if (target) {
        probe_away_learn(&round->away, target, &finding->history, false);
        probe_recorder_add(round->recorder, finding, round->away.interval);
    } else if (known) {
        probe_away_keep(&round->away, finding);
    }
}

static struct probe_finding finding_of(const char *domain, const struct judge_history *history,
                                       const char *reply)
{
    return (struct probe_finding){
        .domain = domain, .history = *history, .before = history->state, .reply = reply};
}

static void on_refused(const PGresult *result, void *arg)
{
    (void)arg;
    pg_refusal_report(&refused, PG_ERROR, result);
}

// Counts of the queue may come less often than probes, and then excuse one probe each.
static void on_answer(const struct probe_question *question, bool left, void *arg)
{
    const bool ok = judge_probe_ok(false, false, left);
    struct probe_finding finding = finding_of(question->target.domain, &question->history, question->text);
    counter_add(&excused, ok);
    settle(arg, &question->target, &finding, true, ok);
}

static void on_landing(const struct probe_landing *landing, void *arg)
{
    struct probe_round *round = arg;
    const struct probe_verdict *verdict = landing->verdict;
    struct probe_finding finding =
        finding_of(landing->target->domain, landing->history, landing->verdict->text);
    counter_add(&probes, 1);
    if (landing->leased)
        probe_findings_add(round->findings, finding.domain, verdict);
    else
        probe_away_land(&round->away, finding.domain);
    probe_away_set_server(&round->away, finding.domain, verdict->server);
    if (landing->leased && verdict->known && !verdict->up && !verdict->refuses &&
        probe_questions_ask(round->questions, landing, round->away.interval))
        return;
    settle(round, landing->leased ? landing->target : NULL, &finding, verdict->known,
           judge_probe_ok(verdict->up, verdict->refuses, false));
}

// A row of claim_probes.
static void start_entry(struct probe_round *round, const PGresult *result, int row)
{
    struct probe_target target;
    struct judge_history history;
    const bool fits =
        slice_copy(slice_from(PQgetvalue(result, row, 0)), target.domain, sizeof target.domain) &&
        slice_copy(slice_from(PQgetvalue(result, row, 2)), target.transport, sizeof target.transport) &&
        slice_copy(slice_from(PQgetvalue(result, row, 3)), target.recipient, sizeof target.recipient);
    if (!probe_claim_history(PQgetvalue(result, row, 4), PQgetvalue(result, row, 5),
                             PQgetvalue(result, row, 6), &history))
        log_warn("the history of a probe cannot be read, and begins again: domain=%s",
                 log_value(slice_from(PQgetvalue(result, row, 0))).text);
    if (fits && probe_flight_start(round->flight, &target, &history, true))
        probe_away_learn(&round->away, &target, &history, true);
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe_round *round = arg;
    round->claiming = false;
    if (rc != PG_OK) {
        pg_refusal_report(&refused, rc, result);
        return;
    }
    round->claimed_ms = clock_mono_ms();
    for (int row = 0; row < PQntuples(result); row++)
        start_entry(round, result, row);
    if (PQntuples(result) == CLAIM_MAX) // there may be more
        loop_timer_set(&round->timer, 0);
}

static void claim(struct probe_round *round)
{
    char count[16], lease[16];
    const unsigned in_flight = probe_flight_count(round->flight);
    const unsigned room = round->spec.in_flight_max > in_flight ? round->spec.in_flight_max - in_flight : 0;
    if (round->claiming || room == 0)
        return;
    snprintf(count, sizeof count, "%u", room < CLAIM_MAX ? room : CLAIM_MAX);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    const char *values[] = {round->spec.node, count, lease};
    round->claiming = true;
    pg_call(round->spec.pg, "claim_probes",
            "select * from emailgency.claim_probes($1, $2::integer, $3::integer)", values, 3, on_claimed,
            round);
}

static void on_told(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe_round *round = arg;
    if (rc == PG_LOST)
        return;
    round->told = rc == PG_OK;
    pg_refusal_report(&refused, rc, result);
}

// Told once by each process, too: the one before it may have ended between the suspicion and its end.
static void tell_suspicion(struct probe_round *round, const char *detail)
{
    const char *values[] = {round->suspicion.reported ? "true" : "false", detail};
    if (!round->told && round->suspicion.reported == round->suspicion.suspected)
        pg_call(round->spec.pg, "record_suspicion", "select emailgency.record_suspicion($1::boolean, $2)",
                values, 2, on_told, round);
}

static void read_totals(const PGresult *result, struct judge_totals *out)
{
    uint64_t *const numbers[] = {&out->domains, &out->failing_domains, &out->servers, &out->failing_servers};
    for (int i = 0; i < 4; i++)
        *numbers[i] = strtoull(PQgetvalue(result, 0, i), NULL, 10);
}

static void suspect(struct probe_round *round, const struct judge_totals *totals)
{
    const bool before = round->suspicion.suspected;
    char detail[200];
    snprintf(detail, sizeof detail, "%llu of %llu servers fail", (unsigned long long)totals->failing_servers,
             (unsigned long long)totals->servers);
    if (judge_suspect(&round->suspicion, judge_self(totals, round->self_percent), clock_mono_s()))
        round->told = false;
    if (round->suspicion.suspected != before) {
        counter_set(&suspicion, !before);
        log_warn("%s: %s",
                 before
                     ? "no longer suspected"
                     : "very many servers fail at once, so this service is suspected and no customer alerted",
                 detail);
    }
    if (!round->is_away)
        tell_suspicion(round, detail);
}

static void on_totals(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct judge_totals totals;
    if (rc != PG_OK || PQntuples(result) != 1)
        return;
    read_totals(result, &totals);
    suspect(arg, &totals);
}

static void turn_away(struct probe_round *round)
{
    const struct directory_snapshot *rows;
    struct judge_totals totals;
    probe_replay_stop(round->replay);
    if (round->ticks % TOTALS_TICKS == 0) {
        probe_away_totals(&round->away, &totals);
        suspect(round, &totals);
    }
    const bool has_rows = directory_begin(round->spec.directory, &rows) == DIRECTORY_OK;
    probe_away_turn(&round->away, has_rows ? rows : NULL, round->spec.in_flight_max);
    if (has_rows)
        directory_end(round->spec.directory);
}

// A claim would judge by what the database had before, so what was found without it comes first.
static void turn_present(struct probe_round *round)
{
    const char *count[] = {"5000"};
    probe_away_end(&round->away);
    probe_findings_send(round->findings);
    if (round->ticks % PLAN_TICKS == 0)
        pg_call(round->spec.pg, "plan_probes", "select emailgency.plan_probes($1::integer)", count, 1,
                pg_refusal_only, &refused);
    if (round->ticks % TOTALS_TICKS == 0)
        pg_call(round->spec.pg, "probe_totals", "select * from emailgency.probe_totals()", NULL, 0, on_totals,
                round);
    if (!probe_replay_turn(round->replay))
        claim(round);
}

static void on_tick(void *arg)
{
    struct probe_round *round = arg;
    loop_timer_set(&round->timer, TICK_MS);
    read_settings(round);
    probe_away_sync(&round->away);
    if (round->is_away)
        turn_away(round);
    else if (pg_ready(round->spec.pg))
        turn_present(round);
    else
        return; // the first turn is one with the database
    round->ticks++;
}

void probe_round_set_away(struct probe_round *round, bool away)
{
    round->is_away = away;
}

bool probe_round_watches(const struct probe_round *round)
{
    if (round->is_away)
        return round->away.memory.all != NULL;
    return round->claimed_ms && (clock_mono_ms() - round->claimed_ms < WATCHES_MS ||
                                 probe_flight_count(round->flight) >= round->spec.in_flight_max);
}

struct probe_round *probe_round_create(struct event_base *base, const struct probe_round_spec *spec)
{
    struct probe_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    round->base = base;
    round->spec.means.allowed = round->allowed;
    probe_away_init(&round->away, spec->spool);
    loop_timer_init(&round->timer, base, on_tick, round);
    round->flight = probe_flight_create(
        &(struct probe_flight_spec){.means = &round->spec.means, .on_landing = on_landing, .arg = round});
    round->recorder = probe_recorder_create(
        base,
        &(struct probe_recorder_spec){.pg = spec->pg, .node = spec->node, .on_lost = on_lost, .arg = round});
    round->replay = probe_replay_create(spec->pg, &round->away);
    round->away.flight = round->flight;
    round->findings = probe_findings_create(spec->pg);
    round->questions = probe_questions_create(&(struct probe_questions_spec){
        .pg = spec->pg, .on_answer = on_answer, .on_refused = on_refused, .arg = round});
    if (!round->findings || !round->questions || !round->flight || !round->recorder || !round->replay) {
        probe_round_destroy(round);
        return NULL;
    }
    counter_register(&probes);
    counter_register(&failures);
    counter_register(&excused);
    counter_register(&suspicion);
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
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
    probe_questions_destroy(round->questions);
    probe_findings_destroy(round->findings);
    probe_recorder_destroy(round->recorder);
    probe_replay_destroy(round->replay);
    probe_flight_destroy(round->flight);
    probe_away_finish(&round->away);
    loop_timer_finish(&round->timer);
    free(round);
}
