// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "replicator/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NOTE_POSITION "position"
#define NOTE_EPOCH "epoch"
#define NOTE_CONFIRMED "confirmed"

static void set_text(char **text, struct slice value)
{
    char *copy = strndup(value.len ? value.ptr : "", value.len);

    if (!copy)
        abort();
    free(*text);
    *text = copy;
}

void store_init(struct store *store, const char *path, size_t map_size)
{
    *store = (struct store){.path = path, .map_size = map_size};
    set_text(&store->position, SLICE(""));
    set_text(&store->epoch, SLICE(""));
    set_text(&store->confirmed, SLICE(""));
}

void store_finish(struct store *store)
{
    writer_destroy(store->writer);
    free(store->position);
    free(store->epoch);
    free(store->confirmed);
    *store = (struct store){.path = NULL};
}

static void count_rows(struct store *store)
{
    for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++)
        counter_set(&stats.rows[kind], (double)writer_count(store->writer, (enum directory_kind)kind));
}

static void count_bytes(struct store *store)
{
    size_t used, bound;

    writer_usage(store->writer, &used, &bound);
    counter_set(&stats.file_used, (double)used);
    counter_set(&stats.file_bound, (double)bound);
}

static enum writer_rc give_up(struct store *store, enum writer_rc rc)
{
    snprintf(store->problem, sizeof(store->problem), "%s", writer_problem(store->writer));
    writer_destroy(store->writer);
    store->writer = NULL;
    return rc;
}

static enum writer_rc read_notes(struct store *store)
{
    enum writer_rc rc = writer_begin(store->writer);
    bool current;

    if (rc != WRITER_OK)
        return give_up(store, rc);
    current = writer_layout_current(store->writer);
    set_text(&store->position, current ? writer_noted(store->writer, NOTE_POSITION) : SLICE(""));
    set_text(&store->epoch, writer_noted(store->writer, NOTE_EPOCH));
    set_text(&store->confirmed, writer_noted(store->writer, NOTE_CONFIRMED));
    count_rows(store);
    count_bytes(store);
    writer_abort(store->writer);
    return WRITER_OK;
}

enum writer_rc store_open(struct store *store)
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

enum writer_rc store_begin(struct store *store)
{
    enum writer_rc rc = writer_begin(store->writer);

    if (rc != WRITER_OK)
        return give_up(store, rc);
    if (!writer_layout_current(store->writer))
        writer_clear(store->writer);
    return WRITER_OK;
}

static void take_notes(struct store *store, const struct store_notes *notes)
{
    set_text(&store->position, slice_from(notes->position));
    set_text(&store->epoch, slice_from(notes->epoch));
    if (notes->confirmed)
        set_text(&store->confirmed, slice_from(notes->confirmed));
}

enum writer_rc store_commit(struct store *store, const struct store_notes *notes)
{
    struct writer *writer = store->writer;
    enum writer_rc rc;
    char now[32];

    snprintf(now, sizeof(now), "%" PRId64, clock_wall());
    writer_note(writer, DIRECTORY_NOTE_CHECKED_AT, slice_from(now));
    writer_note(writer, NOTE_POSITION, slice_from(notes->position));
    writer_note(writer, NOTE_EPOCH, slice_from(notes->epoch));
    if (notes->confirmed)
        writer_note(writer, NOTE_CONFIRMED, slice_from(notes->confirmed));
    count_rows(store);
    rc = writer_commit(writer);
    if (rc != WRITER_OK)
        return give_up(store, rc);
    count_bytes(store);
    take_notes(store, notes);
    return WRITER_OK;
}

void store_advance(struct store *store, const struct store_notes *notes)
{
    writer_abort(store->writer);
    take_notes(store, notes);
}
