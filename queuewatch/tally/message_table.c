// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/tally/message_table.h"

#include "base/memory.h"

#include <stdlib.h>

// A target with this bit is the number of a set.
#define SET_BIT (UINT32_C(1) << 31)

enum {
    FIRST_SLOTS = 65536, // at most
    SETS_SHARE = 8       // one message in so many may have several targets
};

struct target_set {
    uint32_t next_free; // number from 1 of the next one that is free; 0: none
    uint32_t count;
    uint32_t targets[MESSAGE_TARGETS_MAX];
};

struct message_table {
    struct message *slots;
    size_t slot_count, count, max;
    struct target_set *sets;
    uint32_t set_count, set_size, free_set;
};

struct message_table *message_table_create(size_t max)
{
    struct message_table *table = memory_or_exit(calloc(1, sizeof *table));
    table->max = max;
    for (table->slot_count = 2; table->slot_count < 2 * max && table->slot_count < FIRST_SLOTS;)
        table->slot_count *= 2;
    table->slots = memory_or_exit(calloc(table->slot_count, sizeof *table->slots));
    return table;
}

void message_table_destroy(struct message_table *table)
{
    if (!table)
        return;
    free(table->slots);
    free(table->sets);
    free(table);
}

// Inodes of one folder's files are near each other.
static size_t home(const struct message_table *table, uint64_t inode, uint32_t microseconds)
{
    const uint64_t mixed = (inode ^ (uint64_t)microseconds << 40) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 20) & (table->slot_count - 1);
}

static size_t after(const struct message_table *table, size_t slot)
{
    return (slot + 1) & (table->slot_count - 1);
}

// The arrival of a short id is no part of it.
static bool is_of(const struct message *message, const struct queue_id *id)
{
    return message->inode == id->inode && message->microseconds == id->microseconds &&
           message->is_short == id->is_short && (id->is_short || message->arrival == id->seconds);
}

// Its slot, or the free one for it.
static struct message *locate(struct message_table *table, const struct queue_id *id)
{
    size_t slot = home(table, id->inode, id->microseconds);
    while (table->slots[slot].is_used && !is_of(&table->slots[slot], id))
        slot = after(table, slot);
    return &table->slots[slot];
}

struct message *message_table_find(struct message_table *table, const struct queue_id *id)
{
    struct message *message = locate(table, id);
    return message->is_used ? message : NULL;
}

static void grow(struct message_table *table)
{
    struct message *old = table->slots;
    const size_t old_count = table->slot_count;
    table->slot_count *= 2;
    table->slots = memory_or_exit(calloc(table->slot_count, sizeof *table->slots));
    for (size_t i = 0; i < old_count; i++) {
        if (!old[i].is_used)
            continue;
        size_t slot = home(table, old[i].inode, old[i].microseconds);
        while (table->slots[slot].is_used)
            slot = after(table, slot);
        table->slots[slot] = old[i];
    }
    free(old);
}

struct message *message_table_put(struct message_table *table, const struct queue_id *id)
{
    struct message *message = locate(table, id);
    if (message->is_used)
        return message;
    if (table->count >= table->max)
        return NULL;
    if (3 * (table->count + 1) > 2 * table->slot_count) {
        grow(table);
        message = locate(table, id);
    }
    table->count++;
    *message = (struct message){.inode = id->inode,
                                .arrival = id->seconds,
                                .microseconds = id->microseconds & 0xfffff,
                                .is_short = id->is_short,
                                .is_used = 1,
                                .target = MESSAGE_UNKNOWN};
    return message;
}

size_t message_table_count(const struct message_table *table)
{
    return table->count;
}

struct queue_id message_table_id(const struct message *message)
{
    return (struct queue_id){.inode = message->inode,
                             .seconds = message->is_short ? 0 : message->arrival,
                             .microseconds = message->microseconds,
                             .is_short = message->is_short};
}

size_t message_table_slots(const struct message_table *table)
{
    return table->slot_count;
}

struct message *message_table_slot(struct message_table *table, size_t slot)
{
    struct message *message = &table->slots[slot];
    return message->is_used ? message : NULL;
}

static bool is_set(uint32_t target)
{
    return target < MESSAGE_OTHER && (target & SET_BIT);
}

static struct target_set *set_of(const struct message_table *table, uint32_t target)
{
    return &table->sets[target & ~SET_BIT];
}

static void release(struct message_table *table, struct message *message)
{
    if (!is_set(message->target))
        return;
    set_of(table, message->target)->next_free = table->free_set;
    table->free_set = (message->target & ~SET_BIT) + 1;
}

// Empties a slot and moves what it would hide from locate.
static void take_out(struct message_table *table, size_t slot)
{
    release(table, &table->slots[slot]);
    table->count--;
    for (size_t from = after(table, slot); table->slots[from].is_used; from = after(table, from)) {
        const struct message *message = &table->slots[from];
        const size_t origin = home(table, message->inode, message->microseconds);
        const size_t mask = table->slot_count - 1;
        if (((from - origin) & mask) < ((from - slot) & mask))
            continue;
        table->slots[slot] = *message;
        slot = from;
    }
    table->slots[slot] = (struct message){0};
}

void message_table_sweep(struct message_table *table)
{
    for (size_t slot = 0; slot < table->slot_count; slot++)
        while (table->slots[slot].is_used && table->slots[slot].is_gone)
            take_out(table, slot);
}

// The number of a set that is free; false: there is none.
static bool take_set(struct message_table *table, uint32_t *out)
{
    if (table->free_set > 0) {
        *out = table->free_set - 1;
        table->free_set = table->sets[*out].next_free;
        return true;
    }
    if (table->set_count > table->max / SETS_SHARE)
        return false;
    if (table->set_count == table->set_size) {
        table->set_size = table->set_size > 0 ? 2 * table->set_size : 64;
        table->sets = memory_or_exit(reallocarray(table->sets, table->set_size, sizeof *table->sets));
    }
    *out = table->set_count++;
    return true;
}

static void add_to_set(struct target_set *set, uint32_t target)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (set->targets[i] == target)
            return;
    if (set->count < MESSAGE_TARGETS_MAX)
        set->targets[set->count++] = target;
}

void message_table_add_target(struct message_table *table, struct message *message, uint32_t target)
{
    uint32_t number;
    if (message->target >= MESSAGE_OTHER) {
        message->target = target;
    } else if (is_set(message->target)) {
        add_to_set(set_of(table, message->target), target);
    } else if (message->target != target && take_set(table, &number)) {
        table->sets[number] = (struct target_set){.count = 2, .targets = {message->target, target}};
        message->target = SET_BIT | number;
    }
}

void message_table_set_none(struct message_table *table, struct message *message, uint32_t none)
{
    release(table, message);
    message->target = none;
}

size_t message_table_targets(const struct message_table *table, const struct message *message,
                             const uint32_t **targets)
{
    *targets = &message->target;
    if (!is_set(message->target))
        return message->target < MESSAGE_OTHER;
    *targets = set_of(table, message->target)->targets;
    return set_of(table, message->target)->count;
}

void message_table_map_targets(struct message_table *table, const uint32_t *map)
{
    for (size_t slot = 0; slot < table->slot_count; slot++) {
        struct message *message = message_table_slot(table, slot);
        if (!message || message->target >= MESSAGE_OTHER)
            continue;
        const uint32_t *targets;
        uint32_t old[MESSAGE_TARGETS_MAX];
        const size_t count = message_table_targets(table, message, &targets);
        memcpy(old, targets, count * sizeof *old);
        message_table_set_none(table, message, MESSAGE_OTHER);
        for (size_t i = 0; i < count; i++)
            if (map[old[i]] < MESSAGE_OTHER)
                message_table_add_target(table, message, map[old[i]]);
    }
}
