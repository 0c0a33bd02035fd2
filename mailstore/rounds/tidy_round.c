// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/tidy_round.h"

#include "io/loop.h"
#include "mailstore/contract/store_contract.h"
#include "mailstore/rounds/store_release.h"
#include "mailstore/rounds/store_statement.h"
#include "mailstore/rounds/tidy_job.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEASE_SECONDS = 600, RETRY_MS = 2000, CLAIM_COLUMNS = 7, DOMAINS_MAX = 8 };

struct tidy_round {
    const struct store_means *means;
    struct loop_timer timer;
    struct job_list jobs;
    bool claiming;
};

static void on_job(bool more, void *arg)
{
    struct tidy_round *round = arg;
    if (more)
        loop_timer_set(&round->timer, 0);
    else if (round->jobs.count == 0)
        loop_timer_set(&round->timer, RETRY_MS < round->means->poll_ms ? RETRY_MS : round->means->poll_ms);
}

static int64_t number(const PGresult *result, int column)
{
    return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

// A sort of the domain still runs here, longer than its lease: the claim has prolonged that.
static bool is_running(const struct tidy_round *round, const char *domain)
{
    for (const struct job_link *link = round->jobs.first; link; link = link->next)
        if (tidy_job_is_of((const struct tidy_job *)link, domain))
            return true;
    return false;
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct tidy_round *round = arg;
    round->claiming = false;
    if (!store_statement_good(rc, result) || PQntuples(result) != 1 || PQnfields(result) != CLAIM_COLUMNS)
        return;
    struct tidy_task task = {.room = {.catchall = *PQgetvalue(result, 0, 1) == 't',
                                      .candidates_left = number(result, 3),
                                      .hour_left = number(result, 4),
                                      .candidate_quota = number(result, 5),
                                      .run_addresses = number(result, 6)},
                             .unclean = *PQgetvalue(result, 0, 2) == 't'};
    if (slice_copy(slice_from(PQgetvalue(result, 0, 0)), task.domain, sizeof task.domain) &&
        !is_running(round, task.domain))
        (void)tidy_job_start(round->means, &task, &round->jobs, on_job, round);
    loop_timer_set(&round->timer, 0); // there may be more
}

static void on_tick(void *arg)
{
    struct tidy_round *round = arg;
    char lease[16];
    const char *values[] = {STORE_CONTRACT, round->means->node, lease};
    loop_timer_set(&round->timer, pg_ready(round->means->pg) ? round->means->poll_ms : RETRY_MS);
    if (!pg_ready(round->means->pg) || round->claiming || round->jobs.count >= DOMAINS_MAX)
        return;
    if (!store_release_done(round->means)) {
        loop_timer_set(&round->timer, STORE_RELEASE_LOOK_MS);
        return;
    }
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    round->claiming = true;
    pg_call(round->means->pg, "claim_tidy",
            "select * from emailgency.claim_tidy($1::integer, $2, $3::integer)", values, 3, on_claimed,
            round);
}

void tidy_round_wake(struct tidy_round *round)
{
    loop_timer_set(&round->timer, 0);
}

struct tidy_round *tidy_round_create(const struct store_means *means)
{
    struct tidy_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->means = means;
    tidy_job_register();
    store_statement_register();
    loop_timer_init(&round->timer, means->base, on_tick, round);
    loop_timer_set(&round->timer, 0);
    return round;
}

void tidy_round_destroy(struct tidy_round *round)
{
    if (!round)
        return;
    while (round->jobs.first) {
        struct job_link *link = round->jobs.first;
        job_list_remove(&round->jobs, link);
        tidy_job_cancel((struct tidy_job *)link);
    }
    loop_timer_finish(&round->timer);
    free(round);
}
