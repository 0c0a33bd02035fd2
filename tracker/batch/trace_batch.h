// SPDX-License-Identifier: BSD-2-Clause
// Rows for SQL's record_trace(), column by column.
#ifndef TRACKER_BATCH_TRACE_BATCH_H
#define TRACKER_BATCH_TRACE_BATCH_H

#include "tracker/batch/trace_column.h"

enum {
    TRACE_MESSAGE_COLUMNS = 17,
    TRACE_EVENT_COLUMNS = 19,
    TRACE_SENT_COLUMNS = 5,
    TRACE_COLUMNS = TRACE_MESSAGE_COLUMNS + TRACE_EVENT_COLUMNS + TRACE_SENT_COLUMNS
};

// Bounds of texts, in bytes.
enum { TRACE_ADDRESS_MAX = 320, TRACE_TEXT_MAX = 500, TRACE_NAME_MAX = 255, TRACE_WORD_MAX = 64 };

// A slice without a pointer is null, as is a negative number. Times are microseconds since 1970.
struct trace_message {
    int64_t id, time;
    struct slice queue_id, client, client_name, helo, tls, login, sender, message_id, parent;
    int64_t size, recipients, queued, removed;
    bool is_orphan, again;
};

struct trace_event {
    int64_t message, message_time, id, time;
    struct slice kind, recipient, domain, login_domain, action, reason, rule, host, reply;
    int64_t delay, next_try, size;
    bool first; // the first event of this domain of the message; meaningless for an orphan
    bool again;
    bool is_copy; // of the mail store's copy, not of the delivery to the customer's server
};

struct trace_sent {
    int64_t time;
    struct slice login;
    int64_t messages, recipients, bytes;
};

struct trace_batch {
    struct trace_column columns[TRACE_COLUMNS];
    size_t messages, events, sent;
};

void trace_batch_clear(struct trace_batch *batch);
void trace_batch_finish(struct trace_batch *batch);

void trace_batch_message(struct trace_batch *batch, const struct trace_message *message);
void trace_batch_event(struct trace_batch *batch, const struct trace_event *event);
void trace_batch_sent(struct trace_batch *batch, const struct trace_sent *sent);

// Bytes of all columns.
size_t trace_batch_size(const struct trace_batch *batch);
// The literals in the order of record_trace's parameters; they live until the batch changes.
void trace_batch_literals(struct trace_batch *batch, const char *out[TRACE_COLUMNS]);

#endif
