// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/greylist/greylist_expiry.h"

#include "base/log.h"
#include "io/loop.h"

#include <stdlib.h>

// A full batch is followed by the next after SOON_MS, any other after REST_MS. The first wait is random, so
// that nodes do not run at once.
enum { BATCH = 1000, REST_MS = 60000, SOON_MS = 200, TIMEOUT_MS = 30000 };

struct greylist_expiry {
    struct pg *pg;
    struct loop_timer tick;
};

static void on_removed(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct greylist_expiry *expiry = arg;
    const long removed = rc == PG_OK ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    if (rc == PG_ERROR)
        log_error("expired greylist rows are not removed: %.*s",
                  (int)strcspn(PQresultErrorMessage(result), "\n"), PQresultErrorMessage(result));
    if (removed > 0)
        log_debug("expired greylist rows removed rows=%ld", removed);
    loop_timer_set(&expiry->tick, removed >= BATCH ? SOON_MS : REST_MS);
}

static void on_tick(void *arg)
{
    struct greylist_expiry *expiry = arg;
    if (!pg_ready(expiry->pg)) {
        loop_timer_set(&expiry->tick, REST_MS);
        return;
    }
    pg_send(expiry->pg, &(struct pg_statement){.sql = "select expire_greylist(1000)",
                                               .timeout_ms = TIMEOUT_MS,
                                               .on_result = on_removed,
                                               .arg = expiry});
}

struct greylist_expiry *greylist_expiry_create(struct event_base *base, struct pg *pg)
{
    struct greylist_expiry *expiry = calloc(1, sizeof *expiry);
    if (!expiry)
        return NULL;
    loop_timer_init(&expiry->tick, base, on_tick, expiry);
    expiry->pg = pg;
    loop_timer_set(&expiry->tick, 1000 + arc4random_uniform(REST_MS));
    return expiry;
}

void greylist_expiry_destroy(struct greylist_expiry *expiry)
{
    if (!expiry)
        return;
    loop_timer_finish(&expiry->tick);
    free(expiry);
}
