// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/tracker.h"

#include "base/clock.h"
#include "base/fault.h"
#include "daemon/self_check.h"
#include "io/loop.h"
#include "tracker/log_pump.h"
#include "tracker/trace_writer.h"
#include "tracker/tracker_conf.h"
#include "tracker/tracker_metrics.h"

#include <errno.h>

enum {
    TURN_LINES = 5000, // between two looks at the loop
    POLL_MS = 500,     // without inotify, and to see a rotation
    RETRY_MS = 5000,
    BATCH_BYTES_MAX = 24 * 1024 * 1024,
    SESSIONS_MAX = 20000,
    WINDOW = 256 * 1024 * 1024
};

static struct trace_writer *writer;
static struct log_pump pump;
static struct event *changes;
static struct loop_timer turn, poll_timer, batch_timer;
static struct log_pump_counts counts;
static bool batch_is_due;

enum tracker_fault { LOG_UNREADABLE, LOG_GAP, TRACKER_FAULTS };

static struct fault faults[TRACKER_FAULTS] = {
    [LOG_UNREADABLE] =
        {.name = "log-unreadable",
         .text = "the mail log cannot be read",
         .advice = "let the group adm read it, as the shipped logrotate rule does, or set mail_log = "
                   "journal",
         .interval_ms = 600000},
    [LOG_GAP] = {.name = "log-gap",
                 .text = "lines of the mail log were removed or compressed before they were read",
                 .advice = "let logrotate keep two files uncompressed (delaycompress), or journald keep more "
                           "(SystemMaxUse)"},
};

static bool is_full(void)
{
    return pump.lines >= (size_t)tracker_conf.batch_lines || trace_batch_size(&pump.batch) >= BATCH_BYTES_MAX;
}

static void send_batch(void)
{
    struct trace_places places = {.first_time = pump.first_time, .last_time = pump.last_time};
    join_seal(pump.join, &pump.batch);
    tracker_metrics_add(&counts, &pump.batch);
    counts = (struct log_pump_counts){.gaps = 0};
    const int64_t position = pump.part_len > 0 ? pump.part_position : pump.position;
    log_source_find(&pump.source, position, &places.next);
    log_source_find(&pump.source, join_oldest(pump.join, position), &places.replay);
    trace_writer_send(writer, &pump.batch, &places);
    pump.lines = 0;
    pump.first_time = -1;
    batch_is_due = false;
    loop_timer_stop(&batch_timer);
}

static void consider_sending(void)
{
    if (pump.lines == 0 || !trace_writer_idle(writer))
        return;
    if (batch_is_due || is_full())
        send_batch();
    else if (!loop_timer_running(&batch_timer))
        loop_timer_set(&batch_timer, tracker_conf.batch_interval_ms);
}

// Not while there is no room, such as while PostgreSQL is away: what is not read stays a change.
static void watch_changes(bool wanted)
{
    if (changes && wanted)
        event_add(changes, NULL);
    else if (changes)
        event_del(changes);
}

static void run_turn(void *arg)
{
    (void)arg;
    if (!log_source_is_open(&pump.source))
        return;
    const uint64_t gaps = counts.gaps;
    enum log_pump_rc rc = LOG_PUMP_MORE;
    if (!is_full())
        rc = log_pump_run(&pump, TURN_LINES, clock_wall(), clock_mono_ms(), &counts);
    if (rc == LOG_PUMP_FAILED) {
        (void)fault_report(&faults[LOG_UNREADABLE], strerror(errno));
        loop_timer_set(&poll_timer, RETRY_MS);
    }
    if (counts.gaps > gaps)
        (void)fault_report(&faults[LOG_GAP], NULL);
    consider_sending();
    watch_changes(!is_full());
    if (rc == LOG_PUMP_MORE && !is_full())
        loop_timer_set(&turn, 0);
    else if (rc == LOG_PUMP_WAIT)
        loop_timer_set(&poll_timer, POLL_MS);
}

static void on_changes(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    run_turn(arg);
}

static void on_batch_due(void *arg)
{
    (void)arg;
    batch_is_due = true;
    consider_sending();
}

static void on_written(void)
{
    consider_sending();
    loop_timer_set(&turn, 0);
}

static void on_place(const struct log_follow_place *replay, const struct log_follow_place *place)
{
    struct event_base *base = event_get_base(turn.event);
    log_source_init(&pump.source, tracker_conf.mail_log, replay, place);
    pump.replay_to = place->position;
    pump.position = 0;
    changes = event_new(base, log_source_changes(&pump.source), EV_READ | EV_PERSIST, on_changes, NULL);
    watch_changes(true);
    loop_timer_set(&turn, 0);
}

void tracker_probe(void)
{
    log_source_probe(tracker_conf.mail_log);
}

bool tracker_start(struct event_base *base, struct problem *problem)
{
    (void)base;
    (void)problem;
    fault_register(faults, TRACKER_FAULTS, "emailgency_tracker_errors_total");
    tracker_metrics_register();
    return true;
}

bool tracker_run(struct event_base *base, struct problem *problem)
{
    (void)problem;
    pump.join = join_create(&(struct join_spec){.messages_max = (size_t)tracker_conf.messages_max,
                                                .sessions_max = SESSIONS_MAX,
                                                .window = WINDOW,
                                                .backoff_min = tracker_conf.backoff_min,
                                                .backoff_max = tracker_conf.backoff_max});
    pump.first_time = pump.last_time = -1;
    loop_timer_init(&turn, base, run_turn, NULL);
    loop_timer_init(&poll_timer, base, run_turn, NULL);
    loop_timer_init(&batch_timer, base, on_batch_due, NULL);
    writer = trace_writer_create(
        base, &(struct trace_writer_spec){.node = daemon_node_name(tracker_conf.node),
                                          .log = tracker_conf.mail_log,
                                          .database = pg_spec_of(&tracker_conf.database, "database"),
                                          .on_place = on_place,
                                          .on_written = on_written});
    return true;
}

void tracker_finish(void)
{
    trace_writer_destroy(writer);
    if (changes)
        event_free(changes);
    loop_timer_finish(&turn);
    loop_timer_finish(&poll_timer);
    loop_timer_finish(&batch_timer);
    log_source_finish(&pump.source);
    trace_batch_finish(&pump.batch);
    join_destroy(pump.join);
}

void tracker_refresh(void)
{
    if (writer)
        tracker_metrics_refresh(trace_writer_connected(writer), pump.join,
                                log_source_is_open(&pump.source) ? log_source_left(&pump.source) : -1,
                                pump.last_time);
}
