// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/oldest.h"

#include <stdlib.h>

// The order of a heap that has the youngest on top.
static int compare(const struct message *a, const struct message *b)
{
    if (a->arrival != b->arrival)
        return a->arrival - 1 < b->arrival - 1 ? -1 : 1; // 0 is unknown, and so the youngest
    if (a->microseconds != b->microseconds)
        return a->microseconds < b->microseconds ? -1 : 1;
    return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static int compare_messages(const void *a, const void *b)
{
    return compare(a, b);
}

static void swap(struct message *a, struct message *b)
{
    const struct message kept = *a;
    *a = *b;
    *b = kept;
}

static void rise(struct message *heap, size_t at)
{
    for (; at > 0 && compare(&heap[at], &heap[(at - 1) / 2]) > 0; at = (at - 1) / 2)
        swap(&heap[at], &heap[(at - 1) / 2]);
}

static void sink(struct message *heap, size_t count)
{
    for (size_t at = 0, child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(&heap[child + 1], &heap[child]) > 0)
            child++;
        if (compare(&heap[child], &heap[at]) <= 0)
            return;
        swap(&heap[child], &heap[at]);
    }
}

static bool has_target(const struct message_table *table, const struct message *message, uint32_t target)
{
    const uint32_t *targets;
    const size_t count = message_table_targets(table, message, &targets);
    for (size_t i = 0; i < count; i++)
        if (targets[i] == target)
            return true;
    return false;
}

size_t oldest_find(struct message_table *table, uint32_t target, size_t max, struct message *out)
{
    size_t count = 0;
    for (size_t slot = 0; slot < message_table_slots(table); slot++) {
        const struct message *message = message_table_slot(table, slot);
        if (!message || !has_target(table, message, target))
            continue;
        if (count < max) {
            out[count] = *message;
            rise(out, count++);
        } else if (max > 0 && compare(message, &out[0]) < 0) {
            out[0] = *message;
            sink(out, count);
        }
    }
    qsort(out, count, sizeof *out, compare_messages);
    return count;
}
