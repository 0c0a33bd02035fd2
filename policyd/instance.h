// SPDX-License-Identifier: BSD-2-Clause
// What was decided in an SMTP transaction, by Postfix's `instance`: one decision a transaction, counted once,
// however often its recipients, stages and re-sent requests ask.
#ifndef POLICYD_INSTANCE_H
#define POLICYD_INSTANCE_H

#include "policyd/decide.h"
#include "policyd/recent.h"

struct instances;

// Returns NULL without memory.
struct instances *instances_create(void);
void instances_destroy(struct instances *instances);

// What is known of the transaction. Without an instance or an entry nothing is.
void instances_recall(struct instances *instances, const struct envelope *envelope,
                      struct decide_facts *facts, struct dnsbl_result *listing);

// Keeps what was found out.
void instances_remember(struct instances *instances, const struct envelope *envelope,
                        const struct decide_facts *facts, const struct dnsbl_result *listing);

// Whether `metric` is to be counted for `domain` now: true once a transaction, and always without an
// instance.
bool instances_first(struct instances *instances, const struct envelope *envelope, const char *domain,
                     const char *metric);

#endif
