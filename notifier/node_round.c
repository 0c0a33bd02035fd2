// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/node_round.h"

#include "base/clock.h"
#include "base/fault.h"
#include "io/loop.h"
#include "pg/pg_refusal.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_MS = 3000, REPORT_MS = 30000, AGE_MAX = 100 * 86400 };

struct node_round {
    struct node_round_spec spec;
    struct loop_timer timer;
};

static struct fault refused = {.name = "node-refused",
                               .text = "the database refuses a report on this node",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 60000};

// Seconds since the replica was current; -1: there is none. 0 where the clock was set back.
static int64_t replica_age(const struct node_round *round)
{
    const struct directory_snapshot *rows;
    if (directory_begin(round->spec.directory, &rows) != DIRECTORY_OK)
        return -1;
    const int64_t checked_at = directory_checked_at(rows), age = clock_wall() - checked_at;
    directory_end(round->spec.directory);
    if (checked_at == 0)
        return -1;
    return age < 0 ? 0 : age > AGE_MAX ? AGE_MAX : age;
}

static void on_tick(void *arg)
{
    struct node_round *round = arg;
    char age[24];
    loop_timer_set(&round->timer, REPORT_MS);
    if (!pg_ready(round->spec.pg))
        return;
    snprintf(age, sizeof age, "%lld", (long long)replica_age(round));
    pg_call(round->spec.pg, "report_node", "select emailgency.report_node($1, $2::integer)",
            (const char *const[]){round->spec.node, age}, 2, pg_refusal_only, &refused);
    pg_call(round->spec.pg, "expire_tls", "select emailgency.expire_tls(1000)", NULL, 0, pg_refusal_only,
            &refused);
}

struct node_round *node_round_create(struct event_base *base, const struct node_round_spec *spec)
{
    struct node_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->spec = *spec;
    fault_register(&refused, 1, "emailgency_notifier_errors_total");
    loop_timer_init(&round->timer, base, on_tick, round);
    loop_timer_set(&round->timer, FIRST_MS);
    return round;
}

void node_round_destroy(struct node_round *round)
{
    if (!round)
        return;
    loop_timer_finish(&round->timer);
    free(round);
}
