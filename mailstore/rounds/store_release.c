// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/rounds/store_release.h"

#include "base/clock.h"
#include "mailstore/rounds/store_statement.h"

enum { RETRY_MS = 2000 };

static bool is_done, is_asked;
static int64_t again_at; // clock_mono_ms

static void on_released(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    is_asked = false;
    is_done = store_statement_good(rc, result);
    again_at = clock_mono_ms() + RETRY_MS;
}

bool store_release_done(const struct store_means *means)
{
    const char *node[] = {means->node};
    if (is_done || is_asked || clock_mono_ms() < again_at)
        return is_done;
    is_asked = true;
    pg_call(means->pg, "release_store", "select emailgency.release_store($1)", node, 1, on_released, NULL);
    return false;
}
