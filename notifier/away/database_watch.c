// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/away/database_watch.h"

#include "base/clock.h"
#include "base/counter.h"
#include "io/loop.h"

#include <stdlib.h>

enum {
    TURN_MS = 1000,
    ASK_TURNS = 5,    // between two questions
    LOST_MS = 10000,  // without a connection: a restart takes less
    SILENT_MS = 5000, // with one: so much more than the deadline of a statement
};

struct database_watch {
    struct database_watch_spec spec;
    struct loop_timer timer;
    unsigned turns;
    bool asking;
    enum database_state state;
    int64_t answered_ms, answered_at; // the latest answer by clock_mono_ms and clock_wall; at first the start
};

static struct counter away = {.name = "emailgency_notifier_database_away",
                              .help = "1 while the database does not answer, or cannot be written to.",
                              .kind = COUNTER_GAUGE};

static void on_answer(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct database_watch *watch = arg;
    watch->asking = false;
    if (rc != PG_OK || PQntuples(result) != 1 || PQgetvalue(result, 0, 0)[0] != 't')
        return;
    watch->answered_ms = clock_mono_ms();
    watch->answered_at = clock_wall();
    watch->state = DATABASE_PRESENT;
}

static void ask(struct database_watch *watch)
{
    watch->asking = true;
    pg_send(
        watch->spec.pg,
        &(struct pg_statement){
            .name = "database_watch",
            .sql = "select not (pg_is_in_recovery() or current_setting('transaction_read_only')::boolean)",
            .on_result = on_answer,
            .arg = watch});
}

static void on_turn(void *arg)
{
    struct database_watch *watch = arg;
    loop_timer_set(&watch->timer, TURN_MS);
    const bool ready = pg_ready(watch->spec.pg);
    if (ready && !watch->asking && (watch->state != DATABASE_PRESENT || watch->turns % ASK_TURNS == 0))
        ask(watch);
    watch->turns++;
    const int64_t silent_ms = clock_mono_ms() - watch->answered_ms;
    if (silent_ms > (ready ? watch->spec.timeout_ms + SILENT_MS : LOST_MS))
        watch->state = DATABASE_AWAY;
    counter_set(&away, watch->state == DATABASE_AWAY);
    watch->spec.on_turn(watch->state, watch->answered_at, silent_ms, watch->spec.arg);
}

struct database_watch *database_watch_create(struct event_base *base, const struct database_watch_spec *spec)
{
    struct database_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->spec = *spec;
    watch->answered_ms = clock_mono_ms();
    watch->answered_at = clock_wall();
    counter_register(&away);
    loop_timer_init(&watch->timer, base, on_turn, watch);
    loop_timer_set(&watch->timer, 0);
    return watch;
}

void database_watch_destroy(struct database_watch *watch)
{
    if (!watch)
        return;
    loop_timer_finish(&watch->timer);
    free(watch);
}
