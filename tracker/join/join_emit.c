// SPDX-License-Identifier: BSD-2-Clause
#include "base/slice_hash.h"
#include "tracker/join/join_state.h"

#define STORE_TAIL ".store.invalid" // directory/store_address.h

bool join_emit_is_copy(struct slice address)
{
    return slice_has_suffix_nocase(address, SLICE(STORE_TAIL));
}

void join_emit_sender(struct tracked_message *message, struct slice sender)
{
    char text[TRACE_ADDRESS_MAX + 1];
    struct slice local, domain;
    if (sender.len < sizeof text && slice_split_last(sender, '@', &local, &domain) &&
        slice_copy_lower(domain, text + local.len + 1, sizeof text - local.len - 1)) {
        memcpy(text, sender.ptr, local.len + 1);
        sender = slice_make(text, sender.len);
    }
    tracked_message_put(message, TRACKED_SENDER, sender, TRACE_ADDRESS_MAX);
}

struct slice join_emit_domain(struct slice address, char out[TRACE_NAME_MAX + 1])
{
    struct slice local, domain;
    if (!slice_split_last(address, '@', &local, &domain) ||
        !slice_copy_lower(domain, out, TRACE_NAME_MAX + 1))
        return (struct slice){NULL, 0};
    domain = slice_from(out);
    if (join_emit_is_copy(domain))
        domain.len -= sizeof STORE_TAIL - 1;
    return domain;
}

// The address as rows are keyed, and without the store's tail.
static struct slice fold_recipient(struct slice address, char out[TRACE_ADDRESS_MAX + 1])
{
    const struct slice cut =
        slice_make(address.ptr, address.len < TRACE_ADDRESS_MAX ? address.len : TRACE_ADDRESS_MAX);
    if (!address.ptr || !slice_copy_lower(cut, out, TRACE_ADDRESS_MAX + 1))
        return (struct slice){NULL, 0};
    struct slice folded = slice_make(out, cut.len);
    if (join_emit_is_copy(folded))
        folded.len -= sizeof STORE_TAIL - 1;
    return folded;
}

void join_emit_event(struct join *join, struct tracked_message *message, const struct mail_line *line,
                     struct trace_event *event)
{
    char domain[TRACE_NAME_MAX + 1], login_domain[TRACE_NAME_MAX + 1], recipient[TRACE_ADDRESS_MAX + 1];
    event->domain = join_emit_domain(event->recipient, domain);
    event->recipient = fold_recipient(event->recipient, recipient);
    // Bytes count with the first step after the queue; a decision comes before the size.
    const uint32_t hash = (uint32_t)slice_hash(event->domain, message->size >= 0);
    const enum tracked_first first = tracked_message_first(message, hash);
    event->first = first == TRACKED_FIRST && message->size >= 0;
    event->login_domain = join_emit_domain(tracked_message_text(message, TRACKED_LOGIN), login_domain);
    event->size = message->size;
    event->message = message->id;
    event->message_time = message->time;
    if (event->id < 0) {
        event->id = join->position;
        event->time = line->time;
    }
    message->has_event = true;
    // The row of a message that is known by its queue id only is looked for with each batch.
    if (first != TRACKED_AGAIN || !message->is_written || message->is_orphan)
        join_table_touch(join, message);
    if (join->batch)
        trace_batch_event(join->batch, event);
}
