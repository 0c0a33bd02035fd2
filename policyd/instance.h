// SPDX-License-Identifier: BSD-2-Clause
// What was decided in an SMTP transaction, by Postfix's `instance`: one decision a transaction, counted once,
// however often its recipients, stages and re-sent requests ask.
#ifndef POLICYD_INSTANCE_H
#define POLICYD_INSTANCE_H

#include "policyd/decide.h"
#include "policyd/recent.h"

#define INSTANCE_DOMAINS_MAX 4 // domains whose counts stand in the entry; those of further ones beside it

struct instances;

struct instance {
    struct instances *all;
    uint64_t id;
    struct decide_facts facts;
    int64_t weight;
    char zone[64];
    char text[128];
    struct {
        uint64_t domain;  // its hash; 0: free
        uint64_t metrics; // one bit each
    } counted[INSTANCE_DOMAINS_MAX];
};

// Returns NULL without memory.
struct instances *instances_create(void);
void instances_destroy(struct instances *instances);

// The memory of the envelope's transaction, made where there is none; NULL for an empty instance or without
// memory. Valid until the next call.
struct instance *instances_of(struct instances *instances, const struct envelope *envelope);

// What is known so far; `instance` may be NULL, then nothing is.
void instance_recall(const struct instance *instance, struct decide_facts *facts,
                     struct dnsbl_result *listing);

// Keeps what was found out; `instance` may be NULL.
void instance_remember(struct instance *instance, const struct decide_facts *facts,
                       const struct dnsbl_result *listing);

// Whether metric number `metric` (0 … 63) is to be counted for `domain` now: true once a transaction, and
// always with `instance` NULL.
bool instance_first(struct instance *instance, struct slice domain, unsigned metric);

#endif
