// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_lagging.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/follow_changes.h"
#include "replicator/follow_reload.h"
#include "replicator/follow_slices.h"

enum {
    LOCKED_MS = 1000, // between two attempts to read a locked table
};

// A kind whose slices are in progress comes first; else the kinds take turns.
enum directory_kind follow_lagging_next(const struct follow *follow)
{
    char *const *lagging = follow->replica.lagging;
    if (follow->only != DIRECTORY_KINDS || clock_mono_ms() < follow->only_at)
        return DIRECTORY_KINDS;
    if (follow->slices.kind != DIRECTORY_KINDS && lagging[follow->slices.kind])
        return follow->slices.kind;
    for (unsigned i = 0; i < DIRECTORY_KINDS; i++) {
        const unsigned kind = (follow->last_only + 1 + i) % DIRECTORY_KINDS;
        if (lagging[kind])
            return (enum directory_kind)kind;
    }
    return DIRECTORY_KINDS;
}

void follow_lagging_on_locked(struct follow *follow)
{
    const enum directory_kind kind = follow->merge.kind;
    const bool reload = follow->state == FOLLOW_RELOADING;
    follow->only_at = clock_mono_ms() + LOCKED_MS;
    if (follow->only == kind) {
        follow_state_give_up(follow);
        return;
    }
    follow->locked_kind = kind;
    if (follow->replica.position[0] == '\0') { // a new replica is loaded whole or not at all
        struct problem why;
        problem_set(&why, "the table %s is locked", schema_kinds[kind].name);
        follow_state_fail(follow, why.text, FOLLOW_SOON);
        return;
    }
    log_warn("a table is locked: its rows stay as they are, all others are followed table=%s",
             schema_kinds[kind].name);
    replica_state_set_lagging(&follow->replica, kind, reload ? "" : follow->replica.position);
    follow->woken = true;
    follow_state_give_up(follow);
}

static void on_crowded(struct follow *follow, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++) {
        enum directory_kind kind;
        if (!schema_kind_named(slice_from(PQgetvalue(result, i, 0)), &kind) || follow->replica.lagging[kind])
            continue;
        if (kind == DIRECTORY_DOMAIN) { // whether too many are gone is known only after all were read
            follow_reload_start(follow, "very many domains changed");
            return;
        }
        log_info("very many rows changed, and are read in slices kind=%s", schema_kinds[kind].name);
        replica_state_set_lagging(&follow->replica, kind, follow->replica.position);
    }
    follow_changes_read(follow);
}

void follow_lagging_find_crowded(struct follow *follow)
{
    const char *position = follow->replica.position;
    const struct follow_question question = {.sql = row_query_crowded_kinds,
                                             .count = 1,
                                             .values = &position,
                                             .timeout_ms = FOLLOW_ROWS_MS,
                                             .on_answer = on_crowded};
    follow_state_ask(follow, &question);
}

void follow_lagging_read(struct follow *follow)
{
    const char *position = follow->replica.lagging[follow->only];
    follow->last_only = follow->only;
    if (follow->slices.kind == follow->only || position[0] == '\0' || follow->own_gap || follow->many)
        follow_slices_read(follow);
    else
        follow_changes_read(follow);
}
