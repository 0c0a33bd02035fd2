// SPDX-License-Identifier: BSD-2-Clause
// Writes batches to PostgreSQL, one at a time, each once: the place in the log moves in the transaction of
// the rows, from where the last batch ended. A batch whose outcome is unknown is sent again, and has no
// effect if it had one.
#ifndef TRACKER_TRACE_WRITER_H
#define TRACKER_TRACE_WRITER_H

#include "base/problem.h"
#include "pg/pg.h"
#include "tracker/batch/trace_batch.h"
#include "tracker/follow/log_follow.h"

struct trace_writer;

struct trace_writer_spec {
    const char *node, *log;
    struct pg_spec database; // conninfo, password and name; the rest is set here
    // Once, when the database has said where the rows end; both zero: nowhere.
    void (*on_place)(const struct log_follow_place *replay, const struct log_follow_place *place);
    void (*on_written)(void); // a batch is in, the next one can be sent
};

struct trace_places {
    struct log_follow_place next, replay;
    int64_t first_time, last_time; // microseconds since 1970, of the lines; -1: none
};

struct trace_writer *trace_writer_create(struct event_base *base, const struct trace_writer_spec *spec);
void trace_writer_destroy(struct trace_writer *writer);

// Returns whether trace_writer_send may be called.
bool trace_writer_idle(const struct trace_writer *writer);

// Takes the rows out of `batch`, which is empty then, and sends them until they are in.
void trace_writer_send(struct trace_writer *writer, struct trace_batch *batch,
                       const struct trace_places *places);

bool trace_writer_connected(const struct trace_writer *writer);

#endif
