// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/flush_round.h"

#include "base/fault.h"
#include "io/loop.h"
#include "pg/pg_refusal.h"

#include <stdlib.h>

enum {
    IDLE_MS = 2000, // between two looks for a request
    JOBS_MAX = 32   // domains at once
};

struct flush_slot {
    struct flush_round *round;
    struct flush_job *job;
};

struct flush_round {
    struct flush_means means;
    struct loop_timer timer;
    struct flush_slot slots[JOBS_MAX];
    bool claiming;
    bool resumed; // what an earlier process of this node had begun is open again
};

static struct fault unclaimed = {.name = "flush-unclaimed",
                                 .text = "the database refuses to say what is to be flushed",
                                 .advice = "run emailgency-migrate, or check the rights of the role",
                                 .interval_ms = 60000};

static void on_end(void *arg)
{
    struct flush_slot *slot = arg;
    slot->job = NULL;
    loop_timer_set(&slot->round->timer, 0);
}

static struct flush_slot *free_slot(struct flush_round *round)
{
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (!round->slots[i].job)
            return &round->slots[i];
    return NULL;
}

// A request that cannot be started, if out of memory, waits for the next start of this process.
static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct flush_round *round = arg;
    struct flush_slot *slot = free_slot(round);
    round->claiming = false;
    pg_refusal_report(&unclaimed, rc, result);
    if (rc != PG_OK || PQntuples(result) != 1 || !slot)
        return;
    slot->job =
        flush_job_start(&round->means, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1), on_end, slot);
    loop_timer_set(&round->timer, 0); // there may be more
}

static void on_resumed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct flush_round *round = arg;
    round->resumed = rc == PG_OK;
    round->claiming = false;
    pg_refusal_report(&unclaimed, rc, result);
}

static void on_turn(void *arg)
{
    struct flush_round *round = arg;
    const char *values[] = {round->means.node};
    loop_timer_set(&round->timer, IDLE_MS);
    if (round->claiming || !free_slot(round) || !pg_ready(round->means.pg))
        return;
    round->claiming = true;
    pg_send(round->means.pg,
            &(struct pg_statement){.name = round->resumed ? "claim_flush" : "resume_flush",
                                   .sql = round->resumed ? "select * from emailgency.claim_flush($1)"
                                                         : "select emailgency.resume_flush($1)",
                                   .count = 1,
                                   .values = values,
                                   .on_result = round->resumed ? on_claimed : on_resumed,
                                   .arg = round});
}

struct flush_round *flush_round_create(const struct flush_means *means)
{
    struct flush_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->means = *means;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        round->slots[i].round = round;
    flush_job_register();
    fault_register(&unclaimed, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, means->base, on_turn, round);
    loop_timer_set(&round->timer, IDLE_MS);
    return round;
}

void flush_round_destroy(struct flush_round *round)
{
    if (!round)
        return;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (round->slots[i].job)
            flush_job_cancel(round->slots[i].job);
    loop_timer_finish(&round->timer);
    free(round);
}
