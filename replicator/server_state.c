// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/server_state.h"

#include <stdint.h>

enum {
    EPOCH_RESET = 2,   // the field of an epoch that a crash changes; see row_query_server_state
    DEAF_POLL_MS = 500 // where no notification comes
};

static const char migrations[] = SERVER_MIGRATIONS;

int server_state_migrations(void)
{
    int count = 1;
    for (const char *at = migrations; *at; at++)
        count += *at == ' ';
    return count;
}

static struct slice migration_name(unsigned long long number)
{
    struct slice rest = slice_from(migrations), name = rest;
    for (unsigned long long i = 0; i < number; i++)
        slice_split(rest, ' ', &name, &rest);
    return name;
}

static bool refuse_schema(const struct slice *columns, struct problem *why)
{
    unsigned long long known = (unsigned long long)server_state_migrations(), version = 0, missing;
    if (slice_number(columns[SERVER_STATE_MISSING], known, &missing) && missing > 0) {
        problem_set(why,
                    "the database lacks migration %llu (%.*s) of the %llu that this release needs: run "
                    "emailgency-migrate",
                    missing, (int)migration_name(missing).len, migration_name(missing).ptr, known);
        return true;
    }
    if (!slice_number(columns[SERVER_STATE_VERSION], UINT32_MAX, &version) || version <= known)
        return false;
    problem_set(why,
                "the database has migration %llu, and this release ends at %llu: install the release that "
                "migrated the database",
                version, known);
    return true;
}

bool server_state_has_crashed(struct slice before, struct slice now)
{
    struct slice a, b;
    int field = 0;
    bool more;
    if (slice_equal(before, now))
        return false;
    do {
        more = slice_split(now, ' ', &b, &now);
        if (slice_split(before, ' ', &a, &before) != more || (field++ != EPOCH_RESET && !slice_equal(a, b)))
            return false;
    } while (more);
    return true;
}

enum server_state_verdict server_state_judge(const struct slice columns[SERVER_STATE_COLUMNS],
                                             struct slice position, struct slice epoch, struct problem *why)
{
    if (refuse_schema(columns, why))
        return SERVER_STATE_REFUSE;
    if (position.len == 0)
        problem_set(why, "the replica is new");
    else if (!slice_equal(epoch, columns[SERVER_STATE_EPOCH]))
        problem_set(why, "the server was replaced, restored or has crashed");
    else if (slice_equal(columns[SERVER_STATE_SET_BACK], SLICE("t")))
        problem_set(why, "the database was set back to an older state");
    else if (slice_equal(columns[SERVER_STATE_GAP], SLICE("t")))
        problem_set(why, "changes that the replica had not read were pruned");
    else
        return SERVER_STATE_FOLLOW;
    return SERVER_STATE_RELOAD;
}

int64_t server_state_poll_ms(double queue, int64_t interval_ms)
{
    const double nearly_full = 0.4; // below the 0.5 of wake(), since it may fill between two rounds
    return queue >= nearly_full && interval_ms > DEAF_POLL_MS ? DEAF_POLL_MS : interval_ms;
}
