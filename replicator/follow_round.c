// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_round.h"

#include "base/clock.h"
#include "base/memory.h"
#include "replicator/follow_changes.h"
#include "replicator/follow_lagging.h"
#include "replicator/follow_reload.h"
#include "replicator/follow_write.h"
#include "replicator/replicator_conf.h"
#include "replicator/replicator_stats.h"
#include "replicator/server_state.h"

#include <stdio.h>
#include <stdlib.h>

static void keep_text(char **text, const PGresult *result, int column)
{
    free(*text);
    *text = memory_or_exit(strdup(PQgetvalue(result, 0, column)));
}

static void show_schema(const struct slice columns[SERVER_STATE_COLUMNS])
{
    unsigned long long version = 0;
    (void)(slice_number(columns[SERVER_STATE_VERSION], UINT32_MAX, &version));
    counter_set(&replicator_stats.schema_version, (double)version);
    counter_set(&replicator_stats.schema_needed, server_state_migrations());
}

static void keep_answer(struct follow *follow, const PGresult *result,
                        struct slice columns[SERVER_STATE_COLUMNS])
{
    for (int i = 0; i < SERVER_STATE_COLUMNS; i++)
        columns[i] = slice_make(PQgetvalue(result, 0, i), (size_t)PQgetlength(result, 0, i));
    keep_text(&follow->snapshot, result, SERVER_STATE_SNAPSHOT);
    keep_text(&follow->epoch, result, SERVER_STATE_EPOCH);
    keep_text(&follow->confirmed_at, result, SERVER_STATE_CONFIRMED_AT);
    keep_text(&follow->marks, result, SERVER_STATE_MARKS);
    keep_text(&follow->fresh_marks, result, SERVER_STATE_FRESH_MARKS);
    follow->confirmed = slice_equal(columns[SERVER_STATE_CONFIRMED], SLICE("t"));
    follow->own_gap = slice_equal(columns[SERVER_STATE_OWN_GAP], SLICE("t"));
    follow->many = slice_equal(columns[SERVER_STATE_MANY], SLICE("t"));
    follow->queue = strtod(PQgetvalue(result, 0, SERVER_STATE_QUEUE), NULL);
}

static bool reload_is_due(const struct follow *follow)
{
    return replicator_conf.reload_interval > 0 && clock_mono_ms() >= follow->reload_at;
}

static void read_rows(struct follow *follow)
{
    if (follow->only != DIRECTORY_KINDS)
        follow_lagging_read(follow);
    else if (reload_is_due(follow))
        follow_reload_start(follow, "reload_interval has passed");
    else if (follow->many)
        follow_lagging_find_crowded(follow);
    else
        follow_changes_read(follow);
}

static void on_server_state(struct follow *follow, const PGresult *result)
{
    struct slice columns[SERVER_STATE_COLUMNS];
    struct problem why;
    if (PQntuples(result) != 1) {
        follow_state_fail(follow,
                          "emailgency.directory_state must have one row: insert into "
                          "emailgency.directory_state default values;",
                          FOLLOW_LATER);
        return;
    }
    keep_answer(follow, result, columns);
    show_schema(columns);
    switch (server_state_judge(columns, slice_from(follow->replica.position),
                               slice_from(follow->replica.epoch), &why)) {
    case SERVER_STATE_REFUSE:
        follow_state_fail(follow, why.text, FOLLOW_POLL);
        return;
    case SERVER_STATE_RELOAD:
        follow->only = DIRECTORY_KINDS;
        follow_reload_start(follow, why.text);
        return;
    case SERVER_STATE_FOLLOW:
        read_rows(follow);
    }
}

static void on_begun(struct follow *follow, const PGresult *result)
{
    char migrations[16];
    const char *own = follow->only == DIRECTORY_KINDS ? "" : follow->replica.lagging[follow->only];
    const char *const values[] = {follow->replica.position, follow->replica.confirmed, migrations,
                                  follow->replica.marks, own};
    const struct follow_question question = {.name = "server",
                                             .sql = row_query_server_state,
                                             .count = 5,
                                             .values = values,
                                             .on_answer = on_server_state};
    (void)result;
    follow->in_transaction = true;
    snprintf(migrations, sizeof migrations, "%d", server_state_migrations());
    follow_state_ask(follow, &question);
}

void follow_round_start(struct follow *follow)
{
    static const struct follow_question begin = {.sql = "begin isolation level repeatable read read only",
                                                 .on_answer = on_begun};
    counter_add(&replicator_stats.rounds, 1);
    follow->started_ms = clock_mono_ms();
    follow->started_at = clock_wall();
    follow->total = (struct replica_writer_merged){0};
    follow->bad = 0;
    if (!follow_write_open(follow))
        return;
    follow->only = follow_lagging_next(follow);
    follow_state_change(follow, FOLLOW_LOOKING);
    follow_state_ask(follow, &begin);
}
