// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/replica_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "replicator/replicator_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NOTE_POSITION "position"
#define NOTE_EPOCH "epoch"
#define NOTE_MARKS "marks"
#define NOTE_CONFIRMED "confirmed"
#define NOTE_LAGGING "behind." // and the kind: its position, or
#define LAGGING_ALL "all"

static void set_text(char **text, struct slice value)
{
    char *copy = memory_or_exit(strndup(value.len ? value.ptr : "", value.len));
    free(*text);
    *text = copy;
}

void replica_state_init(struct replica_state *replica, const char *path, size_t map_size)
{
    *replica = (struct replica_state){.path = path, .map_size = map_size};
    set_text(&replica->position, SLICE(""));
    set_text(&replica->epoch, SLICE(""));
    set_text(&replica->marks, SLICE(""));
    set_text(&replica->confirmed, SLICE(""));
}

void replica_state_set_lagging(struct replica_state *replica, enum directory_kind kind, const char *position)
{
    set_text(&replica->lagging[kind], slice_from(position));
}

static void catch_up(struct replica_state *replica, enum directory_kind kind)
{
    free(replica->lagging[kind]);
    replica->lagging[kind] = NULL;
}

bool replica_state_any_lagging(const struct replica_state *replica)
{
    for (size_t kind = 0; kind < DIRECTORY_KINDS; kind++) {
        if (replica->lagging[kind])
            return true;
    }
    return false;
}

void replica_state_finish(struct replica_state *replica)
{
    replica_writer_destroy(replica->writer);
    free(replica->position);
    free(replica->epoch);
    free(replica->marks);
    free(replica->confirmed);
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++)
        catch_up(replica, (enum directory_kind)kind);
    *replica = (struct replica_state){.path = NULL};
}

static void count_rows(struct replica_state *replica)
{
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++)
        counter_set(&replicator_stats.rows[kind],
                    (double)replica_writer_count(replica->writer, (enum directory_kind)kind));
}

static void count_bytes(struct replica_state *replica)
{
    size_t used, bound;
    replica_writer_usage(replica->writer, &used, &bound);
    counter_set(&replicator_stats.file_used, (double)used);
    counter_set(&replicator_stats.file_bound, (double)bound);
}

static enum replica_writer_rc give_up(struct replica_state *replica, enum replica_writer_rc rc)
{
    problem_set(&replica->problem, "%s", replica_writer_problem(replica->writer));
    replica_writer_destroy(replica->writer);
    replica->writer = NULL;
    return rc;
}

static const char *lagging_word(unsigned kind, char word[32])
{
    snprintf(word, 32, NOTE_LAGGING "%s", schema_kinds[kind].name);
    return word;
}

static void read_lagging(struct replica_state *replica, bool current)
{
    char word[32];
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++) {
        const struct slice value = replica_writer_noted(replica->writer, lagging_word(kind, word));
        catch_up(replica, (enum directory_kind)kind);
        if (current && slice_equal(value, SLICE(LAGGING_ALL)))
            set_text(&replica->lagging[kind], SLICE(""));
        else if (current && value.len > 0)
            set_text(&replica->lagging[kind], value);
    }
}

static void note_lagging(struct replica_state *replica)
{
    char word[32];
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++) {
        const char *position = replica->lagging[kind];
        replica_writer_note(replica->writer, lagging_word(kind, word),
                            slice_from(!position     ? ""
                                       : position[0] ? position
                                                     : LAGGING_ALL));
    }
}

static enum replica_writer_rc read_notes(struct replica_state *replica)
{
    const enum replica_writer_rc rc = replica_writer_begin(replica->writer);
    if (rc != REPLICA_WRITER_OK)
        return give_up(replica, rc);
    const bool current = replica_writer_layout_current(replica->writer);
    set_text(&replica->position, current ? replica_writer_noted(replica->writer, NOTE_POSITION) : SLICE(""));
    set_text(&replica->epoch, replica_writer_noted(replica->writer, NOTE_EPOCH));
    set_text(&replica->marks, replica_writer_noted(replica->writer, NOTE_MARKS));
    read_lagging(replica, current);
    set_text(&replica->confirmed, replica_writer_noted(replica->writer, NOTE_CONFIRMED));
    count_rows(replica);
    count_bytes(replica);
    replica_writer_abort(replica->writer);
    return REPLICA_WRITER_OK;
}

enum replica_writer_rc replica_state_open(struct replica_state *replica)
{
    if (replica->writer && replica_writer_in_place(replica->writer))
        return REPLICA_WRITER_OK;
    replica_writer_destroy(replica->writer);
    const enum replica_writer_rc rc =
        replica_writer_create(replica->path, replica->map_size, &replica->writer, &replica->problem);
    if (rc != REPLICA_WRITER_OK)
        return rc;
    if (replica_writer_damage(replica->writer)) {
        counter_add(&replicator_stats.damaged, 1);
        log_error("the replica was damaged: %s; it is set aside as %s/" REPLICA_WRITER_DAMAGED_FILE
                  " and all rows are loaded again",
                  replica_writer_damage(replica->writer), replica->path);
    }
    return read_notes(replica);
}

enum replica_writer_rc replica_state_begin(struct replica_state *replica)
{
    const enum replica_writer_rc rc = replica_writer_begin(replica->writer);
    if (rc != REPLICA_WRITER_OK)
        return give_up(replica, rc);
    if (!replica_writer_layout_current(replica->writer))
        replica_writer_clear(replica->writer);
    return REPLICA_WRITER_OK;
}

static void take_notes(struct replica_state *replica, const struct replica_state_notes *notes)
{
    if (notes->position)
        set_text(&replica->position, slice_from(notes->position));
    if (notes->epoch)
        set_text(&replica->epoch, slice_from(notes->epoch));
    if (notes->marks)
        set_text(&replica->marks, slice_from(notes->marks));
    if (notes->confirmed)
        set_text(&replica->confirmed, slice_from(notes->confirmed));
    if (notes->caught_up == DIRECTORY_KINDS)
        return;
    if (notes->caught_up_to)
        set_text(&replica->lagging[notes->caught_up], slice_from(notes->caught_up_to));
    else
        catch_up(replica, notes->caught_up);
}

// After a commit that fails, replica_state_open reads the notes again.
enum replica_writer_rc replica_state_commit(struct replica_state *replica,
                                            const struct replica_state_notes *notes)
{
    struct replica_writer *writer = replica->writer;
    char now[32];
    take_notes(replica, notes);
    snprintf(now, sizeof now, "%" PRId64, clock_wall());
    if (notes->proved && !replica_state_any_lagging(replica))
        replica_writer_note(writer, DIRECTORY_NOTE_CHECKED_AT, slice_from(now));
    replica_writer_note(writer, NOTE_POSITION, slice_from(replica->position));
    replica_writer_note(writer, NOTE_EPOCH, slice_from(replica->epoch));
    replica_writer_note(writer, NOTE_MARKS, slice_from(replica->marks));
    replica_writer_note(writer, NOTE_CONFIRMED, slice_from(replica->confirmed));
    note_lagging(replica);
    count_rows(replica);
    const enum replica_writer_rc rc = replica_writer_commit(writer);
    if (rc != REPLICA_WRITER_OK)
        return give_up(replica, rc);
    count_bytes(replica);
    return REPLICA_WRITER_OK;
}

void replica_state_advance(struct replica_state *replica, const struct replica_state_notes *notes)
{
    replica_writer_abort(replica->writer);
    take_notes(replica, notes);
}
