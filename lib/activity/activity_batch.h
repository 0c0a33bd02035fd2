// SPDX-License-Identifier: BSD-2-Clause
// A set of counts that goes to the database as one, under a name and number that no other batch has.
#ifndef ACTIVITY_ACTIVITY_BATCH_H
#define ACTIVITY_ACTIVITY_BATCH_H

#include "base/clock.h"
#include "base/slice.h"

#include <stdint.h>
#include <stdio.h>
#include <uthash.h>

#define ACTIVITY_NODE_MAX 128
#define ACTIVITY_KEY_MAX 384 // "DOMAIN DAY METRIC"
#define ACTIVITY_BATCH_MAX 5000
#define ACTIVITY_COUNT_MAX INT64_C(1000000000000000) // of one entry; a larger one in a spool is damage

struct activity_entry {
    uint64_t count;
    UT_hash_handle hh;
    char key[];
};

struct activity_batch {
    char node[ACTIVITY_NODE_MAX]; // no blanks
    uint64_t seq;
    struct activity_entry *entries;
    struct activity_batch *next;
};

// Returns NULL if out of memory.
struct activity_batch *activity_batch_create(const char *node, uint64_t seq);
void activity_batch_destroy(struct activity_batch *batch);

// False if out of memory or for a key of ACTIVITY_KEY_MAX bytes or more.
bool activity_batch_add(struct activity_batch *batch, struct slice key, uint64_t count);
unsigned activity_batch_count(const struct activity_batch *batch);

// The spool's text: a line "batch NODE SEQ", then a line "DOMAIN DAY METRIC COUNT" per entry.
bool activity_batch_write(const struct activity_batch *batch, FILE *out);

// Reads batches up to the end of `in`, prepending them to `*list`. Returns the number of malformed lines;
// they are skipped, so that what the database would refuse does not delay the rest. What follows a
// damaged head is skipped too: under another batch's number it could count twice.
unsigned activity_batch_read(FILE *in, struct activity_batch **list);

#endif
