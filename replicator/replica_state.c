// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/replica_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/replicator_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NOTE_POSITION "position"
#define NOTE_EPOCH "epoch"
#define NOTE_MARKS "marks"
#define NOTE_CONFIRMED "confirmed"
#define NOTE_BEHIND "behind." // and the kind: a position, or
#define BEHIND_ALL "all"

static void set_text(char **text, struct slice value)
{
    char *copy = strndup(value.len ? value.ptr : "", value.len);

    if (!copy)
        abort();
    free(*text);
    *text = copy;
}

void replica_state_init(struct replica_state *store, const char *path, size_t map_size)
{
    *store = (struct replica_state){.path = path, .map_size = map_size};
    set_text(&store->position, SLICE(""));
    set_text(&store->epoch, SLICE(""));
    set_text(&store->marks, SLICE(""));
    set_text(&store->confirmed, SLICE(""));
}

void replica_state_leave_behind(struct replica_state *store, enum directory_kind kind, const char *position)
{
    set_text(&store->behind[kind], slice_from(position));
}

static void catch_up(struct replica_state *store, enum directory_kind kind)
{
    free(store->behind[kind]);
    store->behind[kind] = NULL;
}

bool replica_state_any_behind(const struct replica_state *store)
{
    for (size_t kind = 0; kind < DIRECTORY_KINDS; kind++) {
        if (store->behind[kind])
            return true;
    }
    return false;
}

void replica_state_finish(struct replica_state *store)
{
    writer_destroy(store->writer);
    free(store->position);
    free(store->epoch);
    free(store->marks);
    free(store->confirmed);
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++)
        catch_up(store, (enum directory_kind)kind);
    *store = (struct replica_state){.path = NULL};
}

static void count_rows(struct replica_state *store)
{
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++)
        counter_set(&stats.rows[kind], (double)writer_count(store->writer, (enum directory_kind)kind));
}

static void count_bytes(struct replica_state *store)
{
    size_t used, bound;

    writer_usage(store->writer, &used, &bound);
    counter_set(&stats.file_used, (double)used);
    counter_set(&stats.file_bound, (double)bound);
}

static enum writer_rc give_up(struct replica_state *store, enum writer_rc rc)
{
    snprintf(store->problem, sizeof(store->problem), "%s", writer_problem(store->writer));
    writer_destroy(store->writer);
    store->writer = NULL;
    return rc;
}

static const char *behind_word(unsigned kind, char word[32])
{
    snprintf(word, 32, NOTE_BEHIND "%s", schema_kinds[kind].name);
    return word;
}

static void read_behind(struct replica_state *store, bool current)
{
    char word[32];

    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++) {
        struct slice value = writer_noted(store->writer, behind_word(kind, word));

        catch_up(store, (enum directory_kind)kind);
        if (current && slice_equal(value, SLICE(BEHIND_ALL)))
            set_text(&store->behind[kind], SLICE(""));
        else if (current && value.len > 0)
            set_text(&store->behind[kind], value);
    }
}

static void note_behind(struct replica_state *store)
{
    char word[32];

    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++) {
        const char *position = store->behind[kind];

        writer_note(store->writer, behind_word(kind, word),
                    slice_from(!position     ? ""
                               : position[0] ? position
                                             : BEHIND_ALL));
    }
}

static enum writer_rc read_notes(struct replica_state *store)
{
    enum writer_rc rc = writer_begin(store->writer);
    bool current;

    if (rc != WRITER_OK)
        return give_up(store, rc);
    current = writer_layout_current(store->writer);
    set_text(&store->position, current ? writer_noted(store->writer, NOTE_POSITION) : SLICE(""));
    set_text(&store->epoch, writer_noted(store->writer, NOTE_EPOCH));
    set_text(&store->marks, writer_noted(store->writer, NOTE_MARKS));
    read_behind(store, current);
    set_text(&store->confirmed, writer_noted(store->writer, NOTE_CONFIRMED));
    count_rows(store);
    count_bytes(store);
    writer_abort(store->writer);
    return WRITER_OK;
}

enum writer_rc replica_state_open(struct replica_state *store)
{
    enum writer_rc rc;

    if (store->writer && writer_in_place(store->writer))
        return WRITER_OK;
    writer_destroy(store->writer);
    rc = writer_create(store->path, store->map_size, &store->writer, store->problem, sizeof(store->problem));
    if (rc != WRITER_OK)
        return rc;
    if (writer_damage(store->writer)) {
        counter_add(&stats.damaged, 1);
        log_error("the replica was damaged: %s; it is set aside as %s/" WRITER_DAMAGED_FILE
                  " and all rows are loaded again",
                  writer_damage(store->writer), store->path);
    }
    return read_notes(store);
}

enum writer_rc replica_state_begin(struct replica_state *store)
{
    enum writer_rc rc = writer_begin(store->writer);

    if (rc != WRITER_OK)
        return give_up(store, rc);
    if (!writer_layout_current(store->writer))
        writer_clear(store->writer);
    return WRITER_OK;
}

static void take_notes(struct replica_state *store, const struct replica_state_notes *notes)
{
    if (notes->position)
        set_text(&store->position, slice_from(notes->position));
    if (notes->epoch)
        set_text(&store->epoch, slice_from(notes->epoch));
    if (notes->marks)
        set_text(&store->marks, slice_from(notes->marks));
    if (notes->confirmed)
        set_text(&store->confirmed, slice_from(notes->confirmed));
    if (notes->caught_up == DIRECTORY_KINDS)
        return;
    if (notes->caught_up_to)
        set_text(&store->behind[notes->caught_up], slice_from(notes->caught_up_to));
    else
        catch_up(store, notes->caught_up);
}

// After a commit that fails, replica_state_open reads the notes again.
enum writer_rc replica_state_commit(struct replica_state *store, const struct replica_state_notes *notes)
{
    struct writer *writer = store->writer;
    enum writer_rc rc;
    char now[32];

    take_notes(store, notes);
    snprintf(now, sizeof(now), "%" PRId64, clock_wall());
    if (notes->proved && !replica_state_any_behind(store))
        writer_note(writer, DIRECTORY_NOTE_CHECKED_AT, slice_from(now));
    writer_note(writer, NOTE_POSITION, slice_from(store->position));
    writer_note(writer, NOTE_EPOCH, slice_from(store->epoch));
    writer_note(writer, NOTE_MARKS, slice_from(store->marks));
    writer_note(writer, NOTE_CONFIRMED, slice_from(store->confirmed));
    note_behind(store);
    count_rows(store);
    rc = writer_commit(writer);
    if (rc != WRITER_OK)
        return give_up(store, rc);
    count_bytes(store);
    return WRITER_OK;
}

void replica_state_advance(struct replica_state *store, const struct replica_state_notes *notes)
{
    writer_abort(store->writer);
    take_notes(store, notes);
}
