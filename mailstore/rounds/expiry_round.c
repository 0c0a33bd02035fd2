// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/expiry_round.h"

#include "base/counter.h"
#include "base/log.h"
#include "io/loop.h"
#include "mailstore/contract/store_contract.h"
#include "mailstore/rounds/expiry_job.h"
#include "mailstore/rounds/store_layout.h"
#include "mailstore/rounds/store_release.h"
#include "mailstore/rounds/store_statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEASE_SECONDS = 600,
    RAISE_SECONDS = 86400, // between two steps back to the wanted days
    QUOTAS_MAX = 500,      // warnings at once
    RETRY_MS = 2000,       // while the database is away
    FAILURES_MAX = 8,      // in a row, then only as many mailboxes are claimed as are tried
    CLAIM_COLUMNS = 10
};

struct expiry_round {
    const struct store_means *means;
    struct loop_timer timer;
    struct job_list jobs;
    bool claiming;
    unsigned failures; // in a row
};

static struct counter running = {.name = "emailgency_keeper_mailboxes_in_work",
                                 .help = "Mailboxes whose mail is being looked at.",
                                 .kind = COUNTER_GAUGE};

static void on_result(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    (void)store_statement_good(rc, result);
}

static void on_job(bool good, void *arg)
{
    struct expiry_round *round = arg;
    counter_set(&running, round->jobs.count);
    round->failures = good ? 0 : round->failures + 1;
    if (round->jobs.count == 0 && good)
        loop_timer_set(&round->timer, 0); // there may be more
}

static int64_t number(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static bool read_task(const PGresult *result, int row, struct expiry_task *task)
{
    *task = (struct expiry_task){.purge = strcmp(PQgetvalue(result, row, 0), "purge") == 0,
                                 .box = {.days = number(result, row, 3),
                                         .effective = number(result, row, 4),
                                         .quota = number(result, row, 5),
                                         .room = number(result, row, 6),
                                         .may_raise = number(result, row, 8) >= RAISE_SECONDS},
                                 .until = number(result, row, 9)};
    return slice_copy(slice_from(PQgetvalue(result, row, 1)), task->address, sizeof task->address) &&
           slice_copy(slice_from(PQgetvalue(result, row, 2)), task->user, sizeof task->user);
}

static void read_settings(struct expiry_round *round, struct expire_box *box)
{
    const struct directory_snapshot *rows;
    box->floor_days = 3;
    box->keep_flagged = true;
    if (directory_begin(round->means->directory, &rows) != DIRECTORY_OK)
        return;
    box->floor_days = directory_setting_number(rows, "expiry_floor_days", 3);
    box->keep_flagged = directory_setting_flag(rows, "expiry_keep_flagged", true);
    directory_end(round->means->directory);
}

static void start_job(struct expiry_round *round, const PGresult *result, int row)
{
    struct expiry_task task;
    if (!read_task(result, row, &task))
        return;
    read_settings(round, &task.box);
    if (!expiry_job_start(round->means, &task, &round->jobs, on_job, round))
        round->failures++;
}

static void on_claimed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct expiry_round *round = arg;
    round->claiming = false;
    if (!store_statement_good(rc, result) || PQnfields(result) != CLAIM_COLUMNS)
        return;
    store_contract_met();
    for (int row = 0; row < PQntuples(result); row++)
        start_job(round, result, row);
    counter_set(&running, round->jobs.count);
}

static void claim(struct expiry_round *round)
{
    char count[16], lease[16];
    // While Dovecot fails, one mailbox at a time finds out when it works again.
    const unsigned most = round->failures >= FAILURES_MAX ? 1 : round->means->in_flight_max;
    if (round->claiming || round->jobs.count >= most)
        return;
    snprintf(count, sizeof count, "%u", most - round->jobs.count);
    snprintf(lease, sizeof lease, "%d", LEASE_SECONDS);
    const char *values[] = {STORE_CONTRACT, round->means->node, count, lease};
    round->claiming = true;
    pg_call(round->means->pg, "claim_expiry",
            "select * from emailgency.claim_expiry($1::integer, $2, $3::integer, $4::integer)", values, 4,
            on_claimed, round);
}

static void on_tick(void *arg)
{
    struct expiry_round *round = arg;
    char count[16];
    const char *quotas[] = {count};
    loop_timer_set(&round->timer, pg_ready(round->means->pg) ? round->means->poll_ms : RETRY_MS);
    if (!pg_ready(round->means->pg))
        return;
    if (!store_release_done(round->means)) {
        loop_timer_set(&round->timer, STORE_RELEASE_LOOK_MS);
        return;
    }
    snprintf(count, sizeof count, "%d", QUOTAS_MAX);
    pg_call(round->means->pg, "judge_quotas", "select emailgency.judge_quotas($1::integer)", quotas, 1,
            on_result, NULL);
    claim(round);
}

struct expiry_round *expiry_round_create(const struct store_means *means)
{
    struct expiry_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->means = means;
    counter_register(&running);
    expiry_job_register();
    store_statement_register();
    store_layout_register();
    loop_timer_init(&round->timer, means->base, on_tick, round);
    loop_timer_set(&round->timer, 0);
    return round;
}

void expiry_round_destroy(struct expiry_round *round)
{
    if (!round)
        return;
    while (round->jobs.first) {
        struct job_link *link = round->jobs.first;
        job_list_remove(&round->jobs, link);
        expiry_job_cancel((struct expiry_job *)link);
    }
    loop_timer_finish(&round->timer);
    free(round);
}
