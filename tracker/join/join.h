// SPDX-License-Identifier: BSD-2-Clause
// Lines in, rows out: joins the lines of a log to messages, in bounded memory. What a line says is in the
// rows when the line has been taken, or when a later line has: never by the clock, so that the same lines
// always make the same rows. A line is known by its position, a number that grows from line to line.
#ifndef TRACKER_JOIN_JOIN_H
#define TRACKER_JOIN_JOIN_H

#include "tracker/batch/trace_batch.h"
#include "tracker/join/join_spec.h"
#include "tracker/parse/mail_line.h"

struct join;

// Out of memory ends the process, here and below.
struct join *join_create(const struct join_spec *spec);
void join_destroy(struct join *join);

// Takes a line. Rows of events go to `batch`; NULL: the line was taken before this process, whose state it
// only rebuilds.
void join_take(struct join *join, const struct mail_line *line, int64_t position, struct trace_batch *batch);

// Adds the rows of the messages that have changed, which then count as written; NULL: as above.
void join_seal(struct join *join, struct trace_batch *batch);

// The position from which on a new process must take the lines so that it has what `join` has, as far as the
// database has not; `now` if there is nothing.
int64_t join_oldest(const struct join *join, int64_t now);

size_t join_messages(const struct join *join);
size_t join_sessions(const struct join *join);

#endif
