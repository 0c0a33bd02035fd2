// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_recorder.h"

#include "base/address.h"
#include "base/fault.h"
#include "io/loop.h"
#include "notifier/rounds/probe_claim.h"
#include "notifier/rounds/probe_spool_line.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_MAX = 200,
    GATHER_MS = 100,
    REPEAT_MS = 1000,
    TRIES_MAX = 60, // of one that is locked: as long as its lease, nearly
};

struct item {
    struct item *next;
    char domain[ADDRESS_DOMAIN_MAX + 1];
    struct judge_history history;
    enum judge_state before;
    unsigned tries;
    char reply[PROBE_SPOOL_REPLY_MAX];
};

// The items of one statement.
struct batch {
    struct probe_recorder *recorder;
    struct item *items;
};

struct probe_recorder {
    struct probe_recorder_spec spec;
    struct loop_timer timer;
    struct item *waiting, **last;
    unsigned count;
    int64_t interval;
    struct array_literal domains, states, results, checks, replies;
};

static struct fault refused = {.name = "probe-results-refused",
                               .text = "the database refuses results of probes",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

static void append(struct probe_recorder *recorder, struct item *item, int64_t wait_ms)
{
    item->next = NULL;
    *recorder->last = item;
    recorder->last = &item->next;
    if (++recorder->count >= BATCH_MAX)
        loop_timer_set(&recorder->timer, 0);
    else if (!loop_timer_running(&recorder->timer))
        loop_timer_set(&recorder->timer, wait_ms);
}

static void lose(struct probe_recorder *recorder, const struct item *item)
{
    const struct probe_finding finding = {
        .domain = item->domain, .history = item->history, .before = item->before, .reply = item->reply};
    recorder->spec.on_lost(&finding, recorder->spec.arg);
}

static bool is_locked(const PGresult *result, const struct item *item)
{
    for (int row = 0; row < PQntuples(result); row++)
        if (strcmp(PQgetvalue(result, row, 0), item->domain) == 0)
            return true;
    return false;
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct batch *batch = arg;
    struct probe_recorder *recorder = batch->recorder;
    pg_refusal_report(&refused, rc, result);
    for (struct item *next, *item = batch->items; item; item = next) {
        next = item->next;
        if (rc == PG_OK && is_locked(result, item) && ++item->tries < TRIES_MAX) {
            append(recorder, item, REPEAT_MS);
            continue;
        }
        if (rc == PG_LOST || rc == PG_TIMEOUT)
            lose(recorder, item);
        free(item);
    }
    free(batch);
}

static void begin_arrays(struct probe_recorder *recorder)
{
    array_literal_begin(&recorder->domains);
    array_literal_begin(&recorder->states);
    array_literal_begin(&recorder->results);
    array_literal_begin(&recorder->checks);
    array_literal_begin(&recorder->replies);
}

static void add_to_arrays(struct probe_recorder *recorder, const struct item *item)
{
    char results[PROBE_RESULTS_MAX], checks[PROBE_CHECKS_MAX];
    probe_claim_format(&item->history, results, checks);
    array_literal_add(&recorder->domains, slice_from(item->domain));
    array_literal_add(&recorder->states, slice_from(judge_state_name(item->history.state)));
    array_literal_add(&recorder->results, slice_from(results));
    array_literal_add(&recorder->checks, slice_from(checks));
    array_literal_add(&recorder->replies, slice_from(item->reply));
}

static struct batch *take_batch(struct probe_recorder *recorder)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->recorder = recorder;
    struct item **end = &batch->items;
    begin_arrays(recorder);
    for (unsigned i = 0; i < BATCH_MAX && recorder->waiting; i++) {
        *end = recorder->waiting;
        recorder->waiting = recorder->waiting->next;
        add_to_arrays(recorder, *end);
        end = &(*end)->next;
        recorder->count--;
    }
    *end = NULL;
    if (!recorder->waiting)
        recorder->last = &recorder->waiting;
    return batch;
}

static void on_turn(void *arg)
{
    struct probe_recorder *recorder = arg;
    char due[24];
    struct batch *batch = recorder->waiting ? take_batch(recorder) : NULL;
    if (!batch)
        return;
    snprintf(due, sizeof due, "%lld", (long long)recorder->interval);
    const char *values[] = {recorder->spec.node,
                            array_literal_end(&recorder->domains),
                            array_literal_end(&recorder->states),
                            array_literal_end(&recorder->results),
                            array_literal_end(&recorder->checks),
                            array_literal_end(&recorder->replies),
                            due};
    pg_send(recorder->spec.pg,
            &(struct pg_statement){.name = "record_probes",
                                   .sql = "select * from emailgency.record_probes($1, $2::text[], "
                                          "$3::text[], $4::text[], $5::text[], $6::text[], $7::integer)",
                                   .count = 7,
                                   .values = values,
                                   .on_result = on_recorded,
                                   .arg = batch});
    if (recorder->waiting)
        loop_timer_set(&recorder->timer, 0);
}

void probe_recorder_add(struct probe_recorder *recorder, const struct probe_finding *finding,
                        int64_t interval)
{
    struct item *item = calloc(1, sizeof *item);
    if (!item)
        return;
    recorder->interval = interval;
    item->history = finding->history;
    item->before = finding->before;
    snprintf(item->domain, sizeof item->domain, "%s", finding->domain);
    snprintf(item->reply, sizeof item->reply, "%s", finding->reply);
    append(recorder, item, GATHER_MS);
}

struct probe_recorder *probe_recorder_create(struct event_base *base, const struct probe_recorder_spec *spec)
{
    struct probe_recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        return NULL;
    recorder->spec = *spec;
    recorder->last = &recorder->waiting;
    loop_timer_init(&recorder->timer, base, on_turn, recorder);
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    return recorder;
}

void probe_recorder_destroy(struct probe_recorder *recorder)
{
    if (!recorder)
        return;
    for (struct item *next, *item = recorder->waiting; item; item = next) {
        next = item->next;
        lose(recorder, item);
        free(item);
    }
    array_literal_finish(&recorder->domains);
    array_literal_finish(&recorder->states);
    array_literal_finish(&recorder->results);
    array_literal_finish(&recorder->checks);
    array_literal_finish(&recorder->replies);
    loop_timer_finish(&recorder->timer);
    free(recorder);
}
