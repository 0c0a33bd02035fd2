// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/outbound/sending_judge.h"

#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "pg/pg_refusal.h"

#include <stdlib.h>

enum { JUDGE_MS = 3000 };

struct sending_judge {
    struct pg *pg;
    struct loop_timer timer;
};

static struct fault refused = {.name = "sending-judge",
                               .text = "the database does not judge who sent too much",
                               .advice = "run emailgency-migrate, or check the rights of the role",
                               .interval_ms = 600000};
static struct counter denied = {.name = "emailgency_policyd_sending_denied_total",
                                .help = "Mailboxes that were denied sending automatically."};

static void on_judged(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct sending_judge *judge = arg;
    const long count = rc == PG_OK ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    pg_refusal_report(&refused, rc, result);
    if (count > 0) {
        counter_add(&denied, (double)count);
        log_warn("sending was denied automatically, as the incidents of kind sending say mailboxes=%ld",
                 count);
    }
    loop_timer_set(&judge->timer, JUDGE_MS);
}

static void on_tick(void *arg)
{
    struct sending_judge *judge = arg;
    if (!pg_ready(judge->pg)) {
        loop_timer_set(&judge->timer, JUDGE_MS);
        return;
    }
    pg_send(judge->pg, &(struct pg_statement){
                           .sql = "select emailgency.judge_sending()", .on_result = on_judged, .arg = judge});
}

struct sending_judge *sending_judge_create(struct event_base *base, struct pg *pg)
{
    struct sending_judge *judge = calloc(1, sizeof *judge);
    if (!judge)
        return NULL;
    judge->pg = pg;
    fault_register(&refused, 1, "emailgency_policyd_errors_total");
    counter_register(&denied);
    loop_timer_init(&judge->timer, base, on_tick, judge);
    loop_timer_set(&judge->timer, JUDGE_MS);
    return judge;
}

void sending_judge_destroy(struct sending_judge *judge)
{
    if (!judge)
        return;
    loop_timer_finish(&judge->timer);
    free(judge);
}
