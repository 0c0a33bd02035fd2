// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/list_builder.h"

#include "base/address.h"
#include "base/fault.h"
#include "base/memory.h"
#include "io/loop.h"

#include <stdlib.h>

enum {
    SLICE_ROWS = 1000, // of one turn of the loop
    SLICE_MS = 2       // between two turns
};

enum phase { PHASE_IDLE, PHASE_DOMAINS, PHASE_ALIASES };
enum step { STEP_MORE, STEP_END, STEP_FAULT };

struct list_builder {
    struct directory *directory;
    struct watcher *watcher;
    struct loop_timer timer;
    int64_t look_ms;
    enum phase phase;
    char at[ADDRESS_DOMAIN_MAX + 1]; // the last name of the phase
    uint64_t version;                // of the rows of the list, as it was begun
    struct watch_list *list;         // that is being made
    bool has_list;                   // the watcher has one, with this mark
    struct watch_list_mark mark;
};

static struct fault fault = {.name = "no-directory",
                             .text = "no replica, so the domains to watch are unknown",
                             .advice = "see the replicator",
                             .is_warning = true};

void list_builder_register(void)
{
    fault_register(&fault, 1, "emailgency_queuewatch_errors_total");
}

static void begin_phase(struct list_builder *builder, enum phase phase)
{
    builder->phase = phase;
    builder->at[0] = '\0';
}

static void begin(struct list_builder *builder, uint64_t version)
{
    watch_list_destroy(builder->list);
    builder->list = watch_list_create();
    builder->version = version;
    begin_phase(builder, PHASE_DOMAINS);
}

static enum step step_of(enum directory_rc rc)
{
    if (rc == DIRECTORY_OK)
        return STEP_MORE;
    return rc == DIRECTORY_NOT_FOUND ? STEP_END : STEP_FAULT;
}

static enum step add_domains(struct list_builder *builder, const struct directory_snapshot *rows,
                             struct slice *at)
{
    struct domain_row row;
    for (int i = 0; i < SLICE_ROWS; i++) {
        const enum directory_rc rc = directory_domain_after(rows, *at, &row);
        if (rc != DIRECTORY_OK)
            return step_of(rc);
        watch_list_add_domain(builder->list, row.name, row.alternate_name, row.queue_alert_minutes,
                              row.queue_alert_messages);
        *at = row.name;
    }
    return STEP_MORE;
}

static enum step add_aliases(struct list_builder *builder, const struct directory_snapshot *rows,
                             struct slice *at)
{
    struct domain_alias_row row;
    for (int i = 0; i < SLICE_ROWS; i++) {
        const enum directory_rc rc = directory_domain_alias_after(rows, *at, &row);
        if (rc != DIRECTORY_OK)
            return step_of(rc);
        watch_list_add_alias(builder->list, row.name, row.domain);
        *at = row.name;
    }
    return STEP_MORE;
}

static void hand_over(struct list_builder *builder)
{
    const struct watch_list_mark mark = watch_list_mark(builder->list);
    if (builder->has_list && mark.hash == builder->mark.hash && mark.names == builder->mark.names)
        watch_list_destroy(builder->list);
    else
        watcher_set_list(builder->watcher, builder->list);
    builder->list = NULL;
    builder->has_list = true;
    builder->mark = mark;
}

// Adds the next slice; returns the milliseconds until the next turn.
static int64_t add_slice(struct list_builder *builder, const struct directory_snapshot *rows)
{
    struct slice at = slice_from(builder->at);
    const enum step step =
        builder->phase == PHASE_DOMAINS ? add_domains(builder, rows, &at) : add_aliases(builder, rows, &at);
    if (step == STEP_MORE && slice_copy(at, builder->at, sizeof builder->at))
        return SLICE_MS;
    if (step == STEP_END && builder->phase == PHASE_DOMAINS) {
        begin_phase(builder, PHASE_ALIASES);
        return 0;
    }
    builder->phase = PHASE_IDLE;
    if (step == STEP_END)
        hand_over(builder);
    else
        builder->version = 0; // again at the next look
    return builder->look_ms;
}

static int64_t take_turn(struct list_builder *builder, const struct directory_snapshot *rows)
{
    const uint64_t version = directory_version(rows);
    if (builder->phase != PHASE_IDLE)
        return add_slice(builder, rows);
    if (version == builder->version)
        return builder->look_ms;
    begin(builder, version);
    return 0;
}

static void on_turn(void *arg)
{
    struct list_builder *builder = arg;
    const struct directory_snapshot *rows;
    int64_t ms = builder->look_ms;
    if (directory_begin(builder->directory, &rows) != DIRECTORY_OK) {
        (void)fault_report(&fault, directory_problem(builder->directory));
        builder->phase = PHASE_IDLE;
        builder->version = 0;
    } else {
        ms = take_turn(builder, rows);
        directory_end(builder->directory);
    }
    loop_timer_set(&builder->timer, ms);
}

struct list_builder *list_builder_create(struct event_base *base, struct directory *directory,
                                         struct watcher *watcher, int64_t look_ms)
{
    struct list_builder *builder = memory_or_exit(calloc(1, sizeof *builder));
    builder->directory = directory;
    builder->watcher = watcher;
    builder->look_ms = look_ms;
    loop_timer_init(&builder->timer, base, on_turn, builder);
    loop_timer_set(&builder->timer, 0);
    return builder;
}

void list_builder_destroy(struct list_builder *builder)
{
    if (!builder)
        return;
    loop_timer_finish(&builder->timer);
    watch_list_destroy(builder->list);
    free(builder);
}
