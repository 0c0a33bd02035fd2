// SPDX-License-Identifier: BSD-2-Clause
#include "activity/activity.h"

#include "activity/activity_spool.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "pg/array_literal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

// A write of the spool may cost the loop at most one part in SPOOL_SHARE of its time.
enum { BATCHES_MAX = 2000, SPOOL_EVERY_MS = 2000, SPOOL_SHARE = 50 };

struct activity {
    struct activity_spec spec;
    struct pg *pg;
    struct loop_timer tick;
    char node[ACTIVITY_NODE_MAX]; // with a number of this process, so that batches of two runs never share a
                                  // name
    uint64_t next_seq;
    struct activity_batch *current; // counts go here
    struct activity_batch *list;    // sealed; the first is sent
    unsigned sealed;
    bool in_flight;
    bool spooled;      // the file exists
    int64_t spool_due; // clock_mono_ms
    void (*done)(void *arg);
    void *done_arg;
};

enum activity_fault { SPOOL_UNWRITTEN, SPOOL_UNWRITABLE, BATCH_REFUSED, ACTIVITY_FAULTS };

static struct fault faults[ACTIVITY_FAULTS] = {
    [SPOOL_UNWRITTEN] = {.name = "spool-unwritten",
                         .text = "counts are kept in memory only",
                         .advice = "make room or fix the rights of its folder"},
    [SPOOL_UNWRITABLE] = {.name = "spool-unwritable",
                          .text = "counts cannot outlive this process",
                          .advice = "fix the rights of its folder"},
    [BATCH_REFUSED] = {.name = "batch-refused",
                       .text = "the database refuses a batch of counts, which is kept",
                       .advice = "check the schema and the rights of the role"},
};

static struct counter waiting = {.name = "emailgency_activity_batches_waiting",
                                 .help = "Batches of counts that are not in the database yet.",
                                 .kind = COUNTER_GAUGE};
static struct counter connected = {.name = "emailgency_activity_database_up",
                                   .help = "1 while the database of the counts is connected.",
                                   .kind = COUNTER_GAUGE};
static struct counter dropped = {.name = "emailgency_activity_dropped_total",
                                 .help = "Counts lost because memory was short."};

static void finish_flush(struct activity *activity)
{
    void (*done)(void *arg) = activity->done;
    activity->done = NULL;
    if (done)
        done(activity->done_arg);
}

static void append(struct activity *activity, struct activity_batch *batch)
{
    LL_APPEND(activity->list, batch);
    activity->sealed++;
}

// Closes the current batch to further counts. If out of memory for a new one, the current one stays open.
static void seal(struct activity *activity)
{
    if (activity_batch_count(activity->current) == 0)
        return;
    struct activity_batch *fresh = activity_batch_create(activity->node, activity->next_seq);
    if (!fresh || activity->sealed >= BATCHES_MAX) {
        activity_batch_destroy(fresh);
        return;
    }
    activity->next_seq++;
    append(activity, activity->current);
    activity->current = fresh;
}

static void remove_spool(struct activity *activity)
{
    if (activity->spooled)
        activity_spool_remove(activity->spec.spool);
    activity->spooled = false;
}

static void report_spool(const struct activity *activity, enum activity_fault fault)
{
    char detail[PATH_MAX + 80];
    snprintf(detail, sizeof detail, "%s path=%s", strerror(errno), activity->spec.spool);
    fault_report(&faults[fault], detail);
}

static void report_refusal(const PGresult *result)
{
    char message[256];
    snprintf(message, sizeof message, "%.*s", (int)strcspn(PQresultErrorMessage(result), "\n"),
             PQresultErrorMessage(result));
    fault_report(&faults[BATCH_REFUSED], message);
}

static void write_spool(struct activity *activity, enum activity_spool_sync sync)
{
    const int64_t begun = clock_mono_ms();
    activity->spooled = true;
    if (!activity_spool_write(activity->spec.spool, activity->list, activity->current, sync))
        report_spool(activity, SPOOL_UNWRITTEN);
    const int64_t rest = (clock_mono_ms() - begun) * SPOOL_SHARE;
    activity->spool_due = begun + (rest > SPOOL_EVERY_MS ? rest : SPOOL_EVERY_MS);
}

static void spool(struct activity *activity, enum activity_spool_sync sync)
{
    if (!*activity->spec.spool)
        return;
    if (activity->list || activity_batch_count(activity->current) > 0)
        write_spool(activity, sync);
    else
        remove_spool(activity);
}

static void add_row(struct array_literal arrays[4], const struct activity_entry *entry)
{
    struct slice domain, rest, day, metric;
    char count[24];
    snprintf(count, sizeof count, "%" PRIu64, entry->count);
    (void)slice_split(slice_from(entry->key), ' ', &domain, &rest);
    (void)slice_split(rest, ' ', &day, &metric);
    array_literal_add(&arrays[0], domain);
    array_literal_add(&arrays[1], day);
    array_literal_add(&arrays[2], metric);
    array_literal_add(&arrays[3], slice_from(count));
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg);

static void send_first(struct activity *activity)
{
    struct array_literal arrays[4] = {{.text = NULL}};
    struct activity_entry *entry, *next;
    char seq[24];
    const char *values[6] = {activity->list->node, seq};
    bool complete = true;
    snprintf(seq, sizeof seq, "%" PRIu64, activity->list->seq);
    for (int i = 0; i < 4; i++)
        array_literal_begin(&arrays[i]);
    HASH_ITER(hh, activity->list->entries, entry, next)
    add_row(arrays, entry);
    for (int i = 0; i < 4; i++) {
        values[2 + i] = array_literal_end(&arrays[i]);
        complete = complete && values[2 + i];
    }
    if (complete) {
        activity->in_flight = true;
        pg_send(activity->pg, &(struct pg_statement){
                                  .name = "record_activity",
                                  .sql = "select record_activity($1, $2::bigint, $3::text[], $4::date[], "
                                         "$5::text[], $6::bigint[])",
                                  .count = 6,
                                  .values = values,
                                  .on_result = on_recorded,
                                  .arg = activity});
    }
    for (int i = 0; i < 4; i++)
        array_literal_finish(&arrays[i]);
}

static void send_waiting(struct activity *activity)
{
    if (!activity->in_flight && activity->list && pg_ready(activity->pg))
        send_first(activity);
}

// A batch that the database refuses must not delay the others, and is kept.
static void put_last(struct activity *activity)
{
    struct activity_batch *batch = activity->list;
    LL_DELETE(activity->list, batch);
    batch->next = NULL;
    LL_APPEND(activity->list, batch);
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct activity *activity = arg;
    struct activity_batch *batch = activity->list;
    activity->in_flight = false;
    if (rc == PG_OK) {
        LL_DELETE(activity->list, batch);
        activity->sealed--;
        activity_batch_destroy(batch);
        send_waiting(activity);
        if (!activity->list)
            remove_spool(activity);
    } else if (rc == PG_ERROR) {
        report_refusal(result);
        put_last(activity);
    }
    if (!activity->list || rc != PG_OK)
        finish_flush(activity);
}

static void on_tick(void *arg)
{
    struct activity *activity = arg;
    const bool late = activity->list || !pg_ready(activity->pg); // the database hangs, refuses or is away
    loop_timer_set(&activity->tick, activity->spec.interval_ms);
    if (pg_ready(activity->pg)) {
        seal(activity);
        send_waiting(activity);
    }
    if (late && clock_mono_ms() >= activity->spool_due)
        spool(activity, ACTIVITY_SPOOL_UNSYNCED);
}

static void name_node(struct activity *activity)
{
    uint64_t run = 0;
    if (getrandom(&run, sizeof run, 0) != (ssize_t)sizeof run)
        run = (uint64_t)clock_mono_us();
    snprintf(activity->node, sizeof activity->node, "%.64s:%016" PRIx64, activity->spec.node, run);
    // It is part of a line of the spool, and PostgreSQL takes only valid UTF-8.
    for (char *p = activity->node; *p; p++)
        if (*p <= ' ' || *p > '~')
            *p = '_';
}

static void inherit(struct activity *activity)
{
    struct activity_batch *list = *activity->spec.spool ? activity_spool_read(activity->spec.spool) : NULL;
    while (list) {
        struct activity_batch *batch = list;
        list = batch->next;
        batch->next = NULL;
        append(activity, batch);
    }
    activity->spooled = activity->list != NULL;
    if (*activity->spec.spool && !activity_spool_writable(activity->spec.spool))
        report_spool(activity, SPOOL_UNWRITABLE);
}

struct activity *activity_create(struct event_base *base, const struct activity_spec *spec)
{
    struct activity *activity = calloc(1, sizeof *activity);
    if (!activity)
        return NULL;
    activity->spec = *spec;
    name_node(activity);
    loop_timer_init(&activity->tick, base, on_tick, activity);
    activity->next_seq = 2;
    activity->current = activity_batch_create(activity->node, 1);
    activity->pg = pg_create(base, &spec->database);
    if (!activity->current || !activity->pg) {
        activity_destroy(activity);
        return NULL;
    }
    inherit(activity);
    counter_register(&waiting);
    counter_register(&connected);
    counter_register(&dropped);
    fault_register(faults, ACTIVITY_FAULTS, "emailgency_activity_errors_total");
    loop_timer_set(&activity->tick, spec->interval_ms);
    return activity;
}

void activity_destroy(struct activity *activity)
{
    struct activity_batch *batch, *next;
    if (!activity)
        return;
    activity->done = NULL;
    pg_destroy(activity->pg);
    if (activity->current)
        spool(activity, ACTIVITY_SPOOL_SYNCED);
    LL_FOREACH_SAFE(activity->list, batch, next)
    activity_batch_destroy(batch);
    activity_batch_destroy(activity->current);
    loop_timer_finish(&activity->tick);
    free(activity);
}

void activity_set_interval(struct activity *activity, int64_t interval_ms)
{
    activity->spec.interval_ms = interval_ms;
    loop_timer_set(&activity->tick, interval_ms);
}

// Today, made again when the day changes; the clock may jump either way.
static struct slice today(void)
{
    static int64_t made_for = INT64_MIN;
    static char day[CLOCK_DAY_MAX];
    const int64_t now = clock_wall();
    if (now / 86400 != made_for) {
        made_for = now / 86400;
        clock_day(now, day);
    }
    return slice_from(day);
}

static struct slice make_key(struct slice domain, const char *metric, char out[ACTIVITY_KEY_MAX])
{
    const struct slice parts[] = {domain, SLICE(" "), today(), SLICE(" "), slice_from(metric)};
    size_t len = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (len + parts[i].len > ACTIVITY_KEY_MAX)
            return slice_make(out, ACTIVITY_KEY_MAX); // too long for a batch
        memcpy(out + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    return slice_make(out, len);
}

void activity_add(struct activity *activity, struct slice domain, const char *metric, uint64_t amount)
{
    char key[ACTIVITY_KEY_MAX];
    if (!activity_batch_add(activity->current, make_key(domain, metric, key), amount))
        counter_add(&dropped, 1);
    if (activity_batch_count(activity->current) >= ACTIVITY_BATCH_MAX)
        seal(activity);
}

void activity_count(struct activity *activity, struct slice domain, const char *metric)
{
    activity_add(activity, domain, metric, 1);
}

void activity_flush(struct activity *activity, void (*done)(void *arg), void *arg)
{
    activity->done = done;
    activity->done_arg = arg;
    seal(activity);
    if (!activity->list || !pg_ready(activity->pg))
        finish_flush(activity);
    else
        send_waiting(activity);
}

void activity_refresh(const struct activity *activity)
{
    counter_set(&waiting, activity->sealed);
    counter_set(&connected, pg_ready(activity->pg));
}
