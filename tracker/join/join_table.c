// SPDX-License-Identifier: BSD-2-Clause
#include "base/memory.h"
#include "base/slice_hash.h"
#include "tracker/join/join_state.h"

static struct tracked_message **bucket_of(struct join *join, struct slice queue_id)
{
    return &join->buckets[slice_hash(queue_id, 0) % join->bucket_count];
}

struct tracked_message *join_table_find(struct join *join, struct slice queue_id)
{
    struct tracked_message *message = *bucket_of(join, queue_id);
    while (message && !slice_equal(slice_from(message->queue_id), queue_id))
        message = message->chain;
    return message;
}

static void unlist(struct join *join, struct tracked_message *message)
{
    if (!message->is_listed)
        return;
    struct tracked_message **link = bucket_of(join, slice_from(message->queue_id));
    while (*link != message)
        link = &(*link)->chain;
    *link = message->chain;
    message->is_listed = false;
}

static void unlink_age(struct join *join, struct tracked_message *message)
{
    if (message->older)
        message->older->newer = message->newer;
    else
        join->oldest = message->newer;
    if (message->newer)
        message->newer->older = message->older;
    else
        join->newest = message->older;
    join->count--;
}

void join_table_touch(struct join *join, struct tracked_message *message)
{
    if (message->is_dirty)
        return;
    message->is_dirty = true;
    message->next_dirty = join->dirty;
    join->dirty = message;
}

void join_table_attach(struct join *join, struct smtp_session *session, struct tracked_message *message)
{
    struct tracked_message *last = session->message;
    if (last == message)
        return;
    join_decision_flush(join, session);
    if (message && message->session)
        join_table_attach(join, message->session, NULL);
    session->message = message;
    if (message)
        message->session = session;
    if (!last)
        return;
    last->session = NULL;
    if (!last->is_listed) // it was refused
        join_table_forget(join, last);
}

void join_table_forget(struct join *join, struct tracked_message *message)
{
    if (message->is_gone)
        return;
    if (message->session) {
        join_decision_flush(join, message->session);
        message->session->message = NULL;
        message->session = NULL;
    }
    unlist(join, message);
    unlink_age(join, message);
    message->is_gone = true;
    join_table_touch(join, message); // join_seal frees it
}

void join_table_name(struct join *join, struct tracked_message *message, struct slice queue_id)
{
    struct tracked_message *other = join_table_find(join, queue_id);
    if (other)
        join_table_forget(join, other);
    if (!slice_copy(queue_id, message->queue_id, sizeof message->queue_id))
        return;
    struct tracked_message **bucket = bucket_of(join, queue_id);
    message->chain = *bucket;
    *bucket = message;
    message->is_listed = true;
}

struct tracked_message *join_table_add(struct join *join, struct slice queue_id, int64_t time)
{
    struct tracked_message *message = memory_or_exit(tracked_message_create(join->position, time));
    message->older = join->newest;
    if (join->newest)
        join->newest->newer = message;
    else
        join->oldest = message;
    join->newest = message;
    join->count++;
    if (queue_id.len)
        join_table_name(join, message, queue_id);
    if (join->count > join->spec.messages_max)
        join_table_forget(join, join->oldest);
    return message;
}
