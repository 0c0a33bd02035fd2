// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/tally.h"

#include "base/memory.h"

#include <stdlib.h>

static void count(struct tally_count *count, const struct message *message, bool is_late)
{
    count->messages++;
    count->late += is_late;
    if (message->arrival != 0 && (count->oldest == QUEUE_NEVER || message->arrival < count->oldest))
        count->oldest = message->arrival;
}

static void count_targets(struct tally *tally, const struct message_table *table,
                          const struct message *message, const struct watch_list *list, int64_t now)
{
    const uint32_t *targets;
    bool any_late = false;
    const size_t number = message_table_targets(table, message, &targets);
    for (size_t i = 0; i < number; i++) {
        const bool is_late = message->arrival != 0 &&
                             now - (int64_t)message->arrival >= watch_list_late_after(list, targets[i]);
        count(&tally->targets[targets[i]], message, is_late);
        any_late = any_late || is_late;
    }
    tally->late += any_late;
}

// Keeps the list in order, the most first.
static void offer_top(struct tally *tally, uint32_t target)
{
    const uint32_t late = tally->targets[target].late;
    unsigned at = tally->top_count;
    if (at == TALLY_TOP && tally->targets[tally->top[at - 1]].late >= late)
        return;
    if (at == TALLY_TOP)
        at--;
    else
        tally->top_count++;
    for (; at > 0 && tally->targets[tally->top[at - 1]].late < late; at--)
        tally->top[at] = tally->top[at - 1];
    tally->top[at] = target;
}

void tally_count(struct tally *out, struct message_table *table, const struct watch_list *list, int64_t now)
{
    const uint32_t targets = watch_list_targets(list);
    *out = (struct tally){.targets = memory_or_exit(calloc((size_t)targets + 1, sizeof *out->targets))};
    for (size_t slot = 0; slot < message_table_slots(table); slot++) {
        const struct message *message = message_table_slot(table, slot);
        if (!message)
            continue;
        count(&out->queues[message->queue], message, false);
        out->unknown += message->source == MESSAGE_UNSEEN;
        count_targets(out, table, message, list, now);
    }
    for (uint32_t target = 0; target < targets; target++) {
        const uint32_t late = out->targets[target].late;
        out->late_targets += late > 0;
        out->alert_targets += late >= watch_list_alert_messages(list, target);
        if (late > 0)
            offer_top(out, target);
    }
}
