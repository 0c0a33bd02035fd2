// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/join/join.h"

#include "base/cidr.h"
#include "base/memory.h"
#include "tracker/join/join_state.h"

#include <stdlib.h>

enum {
    SECOND = 1000000,
    CLOSED_US = 10 * SECOND,
    MERGE_US = 10 * SECOND,
    BUCKETS_MIN = 1024,
    SESSIONS_LOOKED_AT = 8
};

struct join *join_create(const struct join_spec *spec)
{
    struct join *join = memory_or_exit(calloc(1, sizeof *join));
    join->spec = *spec;
    join->sessions.max = spec->sessions_max;
    join->bucket_count = spec->messages_max < BUCKETS_MIN ? BUCKETS_MIN : spec->messages_max;
    join->buckets = memory_or_exit(calloc(join->bucket_count, sizeof(struct tracked_message *)));
    return join;
}

static void free_gone(struct join *join)
{
    for (struct tracked_message *at = join->dirty, *next; at; at = next) {
        next = at->next_dirty;
        if (at->is_gone)
            tracked_message_destroy(at);
    }
    join->dirty = NULL;
}

void join_destroy(struct join *join)
{
    if (!join)
        return;
    while (join->sessions.oldest)
        smtp_session_remove(&join->sessions, join->sessions.oldest);
    free_gone(join);
    for (struct tracked_message *at = join->oldest, *newer; at; at = newer) {
        newer = at->newer;
        tracked_message_destroy(at);
    }
    free(join->buckets);
    free(join);
}

static void end_session(struct join *join, struct smtp_session *session)
{
    join_table_attach(join, session, NULL);
    smtp_session_remove(&join->sessions, session);
}

// Sessions that have ended a while ago, or began too long ago.
static void expire_sessions(struct join *join, int64_t now)
{
    struct smtp_session *at = join->sessions.oldest;
    for (unsigned looked = 0; at && looked < SESSIONS_LOOKED_AT; looked++) {
        struct smtp_session *newer = at->newer;
        const bool is_over =
            at->is_closed ? at->last + CLOSED_US < now : join->position - at->begun > join->spec.window;
        if (is_over || join->sessions.count > join->sessions.max)
            end_session(join, at);
        at = newer;
    }
}

static struct smtp_session *session_of(struct join *join, const struct mail_line *line)
{
    struct smtp_session *session = smtp_session_find(&join->sessions, line->pid);
    if (!session)
        session = memory_or_exit(smtp_session_add(&join->sessions, line->pid, join->position, line->time));
    session->last = line->time;
    return session;
}

static void take_connect(struct join *join, const struct mail_line *line)
{
    struct smtp_session *session = smtp_session_find(&join->sessions, line->pid);
    if (session)
        end_session(join, session);
    expire_sessions(join, line->time);
    (void)session_of(join, line);
}

// A message that cleanup logged before smtpd did.
static bool is_same(const struct tracked_message *message, const struct mail_line *line)
{
    return !message->has_origin && !message->is_orphan && !message->is_written &&
           line->time - message->time < MERGE_US;
}

static void take_client(struct join *join, const struct mail_line *line)
{
    struct ip ip;
    struct smtp_session *session = smtp_session_find(&join->sessions, line->pid);
    struct tracked_message *message = session ? session->message : NULL;
    struct tracked_message *early = join_table_find(join, line->queue_id);
    if (message && !message->is_listed)
        join_table_name(join, message, line->queue_id);
    else if (early && is_same(early, line))
        message = early;
    else
        message = join_table_add(join, line->queue_id, line->time);
    if (line->client.len && ip_parse(line->client, &ip))
        tracked_message_put(message, TRACKED_CLIENT, line->client, TRACE_WORD_MAX);
    if (line->client_name.len)
        tracked_message_put(message, TRACKED_CLIENT_NAME, line->client_name, TRACE_NAME_MAX);
    if (line->login.len)
        tracked_message_put(message, TRACKED_LOGIN, line->login, TRACE_ADDRESS_MAX);
    if (session && session->tls[0])
        tracked_message_put(message, TRACKED_TLS, slice_from(session->tls), SESSION_TEXT_MAX);
    message->has_origin = true;
    if (session)
        join_table_attach(join, session, message);
    join_table_touch(join, message);
}

static struct tracked_message *known(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = join_table_find(join, line->queue_id);
    if (!message) {
        message = join_table_add(join, line->queue_id, line->time);
        message->is_orphan = true;
    }
    return message;
}

static void take_message_id(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = join_table_find(join, line->queue_id);
    if (!message || (message->queued >= 0 && !message->is_orphan))
        message =
            join_table_add(join, line->queue_id, line->time); // of Postfix's own, or the id is used again
    tracked_message_put(message, TRACKED_MESSAGE_ID, line->message_id, TRACE_TEXT_MAX);
    join_table_touch(join, message);
}

static void take_queued(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = known(join, line);
    if (message->queued >= 0)
        return;
    message->queued = line->time;
    message->size = line->size;
    message->recipients = line->recipients;
    join_emit_sender(message, line->sender);
    join_table_touch(join, message);
    const struct slice login = tracked_message_text(message, TRACKED_LOGIN);
    if (login.len && !message->is_orphan && join->batch)
        trace_batch_sent(join->batch, &(struct trace_sent){.time = line->time,
                                                           .login = login,
                                                           .messages = 1,
                                                           .recipients = line->recipients,
                                                           .bytes = line->size});
}

// When the queue manager will try again: it waits as long as the message is old, within bounds (Postfix
// src/qmgr/qmgr_active.c, qmgr_active_done_3_generic).
static int64_t next_try(const struct join *join, const struct mail_line *line)
{
    int64_t wait = line->delay < 0 ? 0 : (int64_t)line->delay;
    if (wait < join->spec.backoff_min)
        wait = join->spec.backoff_min;
    if (wait > join->spec.backoff_max)
        wait = join->spec.backoff_max;
    return line->time + wait * SECOND;
}

static void take_status(struct join *join, const struct mail_line *line)
{
    static const struct slice kinds[] = {[MAIL_STATUS_SENT] = {"delivered", 9},
                                         [MAIL_STATUS_DEFERRED] = {"deferred", 8},
                                         [MAIL_STATUS_BOUNCED] = {"bounced", 7}};
    struct tracked_message *message = known(join, line);
    if (line->status == MAIL_STATUS_PROBED) {
        message->is_probe = true;
        return;
    }
    struct trace_event event = {.id = -1,
                                .kind = kinds[line->status],
                                .recipient = line->original.len ? line->original : line->recipient,
                                .host = line->host.len ? line->host : (struct slice){NULL, 0},
                                .reply = line->reply,
                                .delay = line->delay < 0 ? -1 : (int64_t)(line->delay * SECOND),
                                .next_try = line->status == MAIL_STATUS_DEFERRED ? next_try(join, line) : -1,
                                .is_copy = join_emit_is_copy(line->recipient)};
    if (line->status == MAIL_STATUS_SENT && (line->is_stored || event.is_copy))
        event.kind = SLICE("stored");
    // The database has the queue id of a message that waits.
    if (line->status == MAIL_STATUS_DEFERRED && !message->is_deferred)
        join_table_touch(join, message);
    message->is_deferred |= line->status == MAIL_STATUS_DEFERRED;
    join_emit_event(join, message, line, &event);
}

static void take_whole(struct join *join, const struct mail_line *line, struct slice kind)
{
    struct tracked_message *message = known(join, line);
    struct trace_event event = {.id = -1, .kind = kind, .reply = line->reply, .delay = -1, .next_try = -1};
    event.recipient = (struct slice){NULL, 0};
    join_emit_event(join, message, line, &event);
}

static void take_notice(struct join *join, const struct mail_line *line)
{
    struct tracked_message *child = join_table_find(join, line->child);
    if (!child)
        return;
    tracked_message_put(child, TRACKED_PARENT, line->queue_id, TRACKED_QUEUE_ID_MAX);
    child->has_origin = true;
    join_table_touch(join, child);
}

static void take_removed(struct join *join, const struct mail_line *line)
{
    struct tracked_message *message = known(join, line);
    message->removed = line->time;
    join_table_forget(join, message);
}

static void take_tls(struct join *join, const struct mail_line *line)
{
    struct smtp_session *session = session_of(join, line);
    const size_t len = line->tls.len < SESSION_TEXT_MAX ? line->tls.len : SESSION_TEXT_MAX;
    (void)slice_copy(slice_make(line->tls.ptr, len), session->tls, sizeof session->tls);
}

static void take_disconnect(struct join *join, const struct mail_line *line)
{
    struct smtp_session *session = smtp_session_find(&join->sessions, line->pid);
    if (!session)
        return;
    join_decision_flush(join, session);
    session->is_closed = true;
    session->last = line->time;
}

static void take_expired(struct join *join, const struct mail_line *line)
{
    take_whole(join, line, SLICE("expired"));
}

static void take_held(struct join *join, const struct mail_line *line)
{
    take_whole(join, line, SLICE("held"));
}

static void take_released(struct join *join, const struct mail_line *line)
{
    take_whole(join, line, SLICE("released"));
}

void join_take(struct join *join, const struct mail_line *line, int64_t position, struct trace_batch *batch)
{
    static void (*const takers[MAIL_LINE_KINDS])(struct join *, const struct mail_line *) = {
        [MAIL_LINE_CONNECT] = take_connect,
        [MAIL_LINE_TLS] = take_tls,
        [MAIL_LINE_DISCONNECT] = take_disconnect,
        [MAIL_LINE_CLIENT] = take_client,
        [MAIL_LINE_REJECT] = join_decision_refused,
        [MAIL_LINE_MESSAGE_ID] = take_message_id,
        [MAIL_LINE_QUEUED] = take_queued,
        [MAIL_LINE_STATUS] = take_status,
        [MAIL_LINE_EXPIRED] = take_expired,
        [MAIL_LINE_REMOVED] = take_removed,
        [MAIL_LINE_HELD] = take_held,
        [MAIL_LINE_RELEASED] = take_released,
        [MAIL_LINE_NOTICE] = take_notice,
        [MAIL_LINE_DECISION] = join_decision_take,
        [MAIL_LINE_FILTERED] = join_decision_filtered,
        [MAIL_LINE_ENDED] = join_decision_ended,
    };
    join->position = position;
    join->batch = batch;
    if (takers[line->kind])
        takers[line->kind](join, line);
}

size_t join_messages(const struct join *join)
{
    return join->count;
}

size_t join_sessions(const struct join *join)
{
    return join->sessions.count;
}
