// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/join/join_state.h"

static void write_row(const struct tracked_message *message, struct trace_batch *batch)
{
    const struct slice none = {NULL, 0};
    trace_batch_message(batch, &(struct trace_message){
                                   .id = message->id,
                                   .time = message->time,
                                   .queue_id = message->queue_id[0] ? slice_from(message->queue_id) : none,
                                   .client = tracked_message_text(message, TRACKED_CLIENT),
                                   .client_name = tracked_message_text(message, TRACKED_CLIENT_NAME),
                                   .helo = tracked_message_text(message, TRACKED_HELO),
                                   .tls = tracked_message_text(message, TRACKED_TLS),
                                   .login = tracked_message_text(message, TRACKED_LOGIN),
                                   .sender = tracked_message_text(message, TRACKED_SENDER),
                                   .message_id = tracked_message_text(message, TRACKED_MESSAGE_ID),
                                   .parent = tracked_message_text(message, TRACKED_PARENT),
                                   .size = message->size,
                                   .recipients = message->recipients,
                                   .queued = message->queued,
                                   .removed = message->removed,
                                   .is_orphan = message->is_orphan,
                                   .again = message->is_written || message->is_orphan});
}

// Postfix's own messages (bounces, probes) are kept once something is known to have happened to them.
static bool is_kept(const struct tracked_message *message)
{
    return !message->is_probe && (message->has_origin || message->has_event || message->is_orphan);
}

// In the order in which they changed, which is nearly that of their ids.
static struct tracked_message *take_dirty(struct join *join)
{
    struct tracked_message *reversed = NULL;
    for (struct tracked_message *at = join->dirty, *next; at; at = next) {
        next = at->next_dirty;
        at->next_dirty = reversed;
        reversed = at;
    }
    join->dirty = NULL;
    return reversed;
}

void join_seal(struct join *join, struct trace_batch *batch)
{
    for (struct tracked_message *at = take_dirty(join), *next; at; at = next) {
        next = at->next_dirty;
        at->next_dirty = NULL;
        at->is_dirty = false;
        if (is_kept(at)) {
            if (batch)
                write_row(at, batch);
            at->is_written = true;
            tracked_message_shrink(at);
        }
        if (at->is_gone)
            tracked_message_destroy(at);
    }
}

int64_t join_oldest(const struct join *join, int64_t now)
{
    int64_t oldest = now;
    if (join->sessions.oldest)
        oldest = join->sessions.oldest->begun;
    for (const struct tracked_message *at = join->oldest; at && at->id < oldest; at = at->newer)
        if (!at->is_written && now - at->id <= join->spec.window)
            oldest = at->id;
    return now - oldest > join->spec.window ? now - join->spec.window : oldest;
}
