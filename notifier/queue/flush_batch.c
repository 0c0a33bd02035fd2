// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/queue/flush_batch.h"

#include <string.h>

// The messages of the list before, according to this one.
struct reading {
    unsigned left;  // of the last list
    unsigned seen;  // messages that wait
    int64_t newest; // arrival
};

static bool is_listed(const struct flush_batch *batch, struct slice id)
{
    for (unsigned i = 0; i < batch->listed; i++)
        if (slice_equal(slice_from(batch->ids[i]), id))
            return true;
    return false;
}

// Calls `take` for each message that is not on hold.
static const char *each_message(struct flush_batch *batch, struct slice lines, struct reading *reading,
                                void (*take)(struct flush_batch *, struct reading *,
                                             const struct queue_message *))
{
    struct queue_line line;
    enum queue_line_rc rc;
    while ((rc = queue_line_next(&lines, &line)) == QUEUE_LINE_OK) {
        if (line.kind == QUEUE_LINE_ERROR)
            return "the queue watch has no list";
        if (line.kind == QUEUE_LINE_MESSAGE && line.message.queue != QUEUE_HOLD)
            take(batch, reading, &line.message);
    }
    return rc == QUEUE_LINE_BAD ? "the queue watch's list cannot be read" : NULL;
}

static void count_left(struct flush_batch *batch, struct reading *reading,
                       const struct queue_message *message)
{
    reading->seen++;
    reading->left += is_listed(batch, message->id);
}

// Those that arrived before the newest of an earlier list were tried. Of those of its second some are tried
// again, which does no harm.
static void take_new(struct flush_batch *batch, struct reading *reading, const struct queue_message *message)
{
    if (message->arrival < batch->newest || batch->listed == QUEUE_MESSAGES_MAX ||
        !slice_copy(message->id, batch->ids[batch->listed], FLUSH_ID_MAX))
        return;
    batch->listed++;
    if (message->arrival > reading->newest)
        reading->newest = message->arrival;
}

const char *flush_batch_read(struct flush_batch *batch, struct slice lines)
{
    struct reading reading = {.newest = batch->newest};
    const char *problem = each_message(batch, lines, &reading, count_left);
    if (problem)
        return problem;
    const unsigned delivered = batch->listed - reading.left;
    const bool goes_on = delivered * 2 >= batch->listed;
    batch->delivered += delivered;
    batch->waiting = reading.seen;
    batch->listed = batch->next = 0;
    if (goes_on)
        problem = each_message(batch, lines, &reading, take_new);
    batch->newest = reading.newest;
    return problem;
}

const char *flush_batch_next(struct flush_batch *batch)
{
    if (batch->next == batch->listed)
        return NULL;
    batch->tried++;
    return batch->ids[batch->next++];
}
