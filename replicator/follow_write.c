// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/follow_write.h"

#include "base/clock.h"
#include "replicator/replicator_stats.h"

static void on_ended(struct follow *follow, const PGresult *result)
{
    (void)result;
    follow->in_transaction = false;
    follow_state_succeed(follow);
}

void follow_write_end_round(struct follow *follow)
{
    static const struct follow_question commit = {.sql = "commit", .on_answer = on_ended};
    if (follow->only == DIRECTORY_KINDS && !replica_state_any_lagging(&follow->replica))
        follow->proved_at = follow->started_at;
    follow_state_drop_round(follow);
    follow_state_change(follow, FOLLOW_ENDING);
    follow_state_ask(follow, &commit);
}

// Returns whether the writer continues; else the round has ended.
static bool check(struct follow *follow, enum replica_writer_rc rc)
{
    if (rc == REPLICA_WRITER_OK)
        return true;
    struct problem why;
    problem_set(&why, "%s%s", follow->replica.problem.text,
                rc == REPLICA_WRITER_NO_ROOM ? "; make room"
                : rc == REPLICA_WRITER_FULL  ? ": raise map_size and restart"
                                             : "");
    follow_state_fail(follow, why.text, FOLLOW_LATER);
    return false;
}

bool follow_write_open(struct follow *follow)
{
    return check(follow, replica_state_open(&follow->replica));
}

bool follow_write_begin(struct follow *follow)
{
    return check(follow, replica_state_begin(&follow->replica));
}

static void note_only(const struct follow *follow, struct replica_state_notes *notes)
{
    const struct follow_slices *slices = &follow->slices;
    notes->caught_up = follow->only;
    if (slices->kind != follow->only)
        return;
    // The changes since the first slice are read after the last one.
    notes->caught_up_to = slices->since;
    if (slices->rows == ROW_QUERY_SLICE)
        notes->caught_up = DIRECTORY_KINDS;
}

struct replica_state_notes follow_write_notes(const struct follow *follow, bool reloaded)
{
    struct replica_state_notes notes = {.caught_up = DIRECTORY_KINDS};
    if (reloaded && follow->confirmed)
        notes.confirmed = follow->confirmed_at;
    if (follow->only != DIRECTORY_KINDS) {
        note_only(follow, &notes);
        return notes;
    }
    notes.position = follow->snapshot;
    notes.epoch = follow->epoch;
    notes.marks = reloaded ? follow->fresh_marks : follow->marks;
    notes.proved = true;
    return notes;
}

bool follow_write_commit(struct follow *follow, bool reloaded)
{
    const struct replica_state_notes notes = follow_write_notes(follow, reloaded);
    if (!check(follow, replica_state_commit(&follow->replica, &notes)))
        return false;
    follow->saved_at = clock_mono_ms();
    counter_add(&replicator_stats.changes, (double)(follow->total.written + follow->total.deleted));
    return true;
}

void follow_write_add_counts(struct follow *follow)
{
    follow->total.kept += follow->merge.merged.kept;
    follow->total.written += follow->merge.merged.written;
    follow->total.deleted += follow->merge.merged.deleted;
    follow->bad += follow->merge.bad;
}

void follow_write_row(struct follow *follow, const PGresult *row)
{
    struct slice texts[SCHEMA_FIELDS_MAX];
    const int fields = PQnfields(row);
    for (int i = 0; i < fields && i < SCHEMA_FIELDS_MAX; i++)
        texts[i] = PQgetisnull(row, 0, i) ? slice_make(NULL, 0)
                                          : slice_make(PQgetvalue(row, 0, i), (size_t)PQgetlength(row, 0, i));
    row_merge_row(&follow->merge, texts);
}
