// SPDX-License-Identifier: BSD-2-Clause
// The state that the files of this folder share.
#ifndef TRACKER_JOIN_JOIN_STATE_H
#define TRACKER_JOIN_JOIN_STATE_H

#include "tracker/batch/trace_batch.h"
#include "tracker/join/join_spec.h"
#include "tracker/join/smtp_session.h"
#include "tracker/parse/mail_line_fields.h"

enum { JOIN_FILTERED = 256 };

// The milter's word for a refusal that smtpd logs next.
struct filtered {
    uint64_t key; // a hash of client, sender and recipient, or of the queue id
    char reason[64];
    char rule[SESSION_TEXT_MAX + 1];
};

struct join {
    struct join_spec spec;
    struct session_table sessions;
    struct tracked_message **buckets; // by queue id
    size_t bucket_count;
    struct tracked_message *oldest, *newest;
    size_t count;
    struct tracked_message *dirty;
    struct filtered filtered[JOIN_FILTERED];
    unsigned next_filtered;
    int64_t position;
    struct trace_batch *batch; // NULL: replay
};

// ---- join_table.c

struct tracked_message *join_table_find(struct join *join, struct slice queue_id);
// A new message; where it has a queue id, another one of that id is given up.
struct tracked_message *join_table_add(struct join *join, struct slice queue_id, int64_t time);
void join_table_name(struct join *join, struct tracked_message *message, struct slice queue_id);
// It is not found any more, and is freed once it is written.
void join_table_forget(struct join *join, struct tracked_message *message);
void join_table_touch(struct join *join, struct tracked_message *message);
// Makes it the transaction of the session; NULL: none. What is pending for the last one becomes events.
void join_table_attach(struct join *join, struct smtp_session *session, struct tracked_message *message);

// ---- join_emit.c

// True for an address of the mail store's copies.
bool join_emit_is_copy(struct slice address);
// The domain of an address in lower case, without the tail of the store's copies.
struct slice join_emit_domain(struct slice address, char out[TRACE_NAME_MAX + 1]);
// Keeps an envelope sender, its domain in lower case: the local part may depend on case (RFC 5321
// section 2.4).
void join_emit_sender(struct tracked_message *message, struct slice sender);
// The event's message, id and time are set here, from `line` and the position.
void join_emit_event(struct join *join, struct tracked_message *message, const struct mail_line *line,
                     struct trace_event *event);

// ---- join_decision.c

void join_decision_take(struct join *join, const struct mail_line *line);
void join_decision_filtered(struct join *join, const struct mail_line *line);
void join_decision_ended(struct join *join, const struct mail_line *line);
void join_decision_refused(struct join *join, const struct mail_line *line);
// Before a session is removed: what is pending becomes events.
void join_decision_flush(struct join *join, struct smtp_session *session);

#endif
