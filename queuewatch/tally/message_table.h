// SPDX-License-Identifier: BSD-2-Clause
// The messages in the queue, by queue id: 24 bytes each in one array of slots, bounded.
#ifndef QUEUEWATCH_TALLY_MESSAGE_TABLE_H
#define QUEUEWATCH_TALLY_MESSAGE_TABLE_H

#include "queuewatch/postfix/queue_id.h"

#include <stddef.h>

#define MESSAGE_UNKNOWN UINT32_MAX     // no target is known
#define MESSAGE_OTHER (UINT32_MAX - 1) // it is: none that is watched
#define MESSAGE_TARGETS_MAX 16         // of one message; what exceeds them is not counted

enum message_source {
    MESSAGE_UNSEEN,   // nothing was read
    MESSAGE_LOGGED,   // a flush log names a target
    MESSAGE_ENVELOPE, // the envelope was read
    MESSAGE_BROKEN,   // it cannot be
};

struct message {
    uint64_t inode;
    uint32_t arrival;           // seconds since 1970; 0: unknown
    uint32_t microseconds : 20; // of the id
    uint32_t is_short : 1;
    uint32_t is_used : 1;
    uint32_t queue : 2; // enum queue_name
    uint32_t depth : 3; // of the file below the queue's folder
    uint32_t source : 2;
    uint32_t is_known : 1;    // it was there in an earlier scan, too
    uint32_t is_gone : 1;     // it is to be left out of a sweep
    uint32_t is_doubtful : 1; // a flush log has it whose name stands for several targets
    uint32_t target;          // of message_table.c alone
    uint8_t scan, walk;       // numbers of the last ones that saw it
};

struct message_table;

// At most `max` messages. Out of memory ends the process, here and below.
struct message_table *message_table_create(size_t max);
void message_table_destroy(struct message_table *table);

// NULL: there is none. Valid until the next put or sweep.
struct message *message_table_find(struct message_table *table, const struct queue_id *id);
// The one that is there, else a new one; NULL: the table is full.
struct message *message_table_put(struct message_table *table, const struct queue_id *id);
size_t message_table_count(const struct message_table *table);

struct queue_id message_table_id(const struct message *message);

// For walks: the message in a slot, NULL if it is free. Slots move with a put and with a sweep.
size_t message_table_slots(const struct message_table *table);
struct message *message_table_slot(struct message_table *table, size_t slot);

// Takes out the messages that are gone.
void message_table_sweep(struct message_table *table);

// Adds a target to those of the message, where it is new. Ones beyond the bounds are left out.
void message_table_add_target(struct message_table *table, struct message *message, uint32_t target);
// Back to MESSAGE_UNKNOWN or MESSAGE_OTHER.
void message_table_set_none(struct message_table *table, struct message *message, uint32_t none);
// The targets; returns how many, none of MESSAGE_UNKNOWN and MESSAGE_OTHER. Valid until they change.
size_t message_table_targets(const struct message_table *table, const struct message *message,
                             const uint32_t **targets);
// Replaces each target by the one that stands for it; MESSAGE_OTHER takes it out.
void message_table_map_targets(struct message_table *table, const uint32_t *map);

#endif
