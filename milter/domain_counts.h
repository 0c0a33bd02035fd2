// SPDX-License-Identifier: BSD-2-Clause
// Per-domain counts from libmilter's threads, collected by the event loop, which alone uses the database.
#ifndef MILTER_DOMAIN_COUNTS_H
#define MILTER_DOMAIN_COUNTS_H

#include "activity/activity.h"

// The counts of one message: each pair of domain and metric once, however many recipients have it.
struct domain_counts {
    struct domain_counts_entry *entries; // NULL: none
};

// Adds a pair; `metric` is a string literal and is not copied. A pair that exists keeps its amount. If out of
// memory the pair is lost.
void domain_counts_note(struct domain_counts *counts, struct slice domain, const char *metric,
                        uint64_t amount);

// Adds a pair for each domain in `domains`, whatever its metric there.
void domain_counts_note_domains(struct domain_counts *counts, const struct domain_counts *domains,
                                const char *metric, uint64_t amount);

// Hands all pairs to the event loop; `counts` is empty then. Safe from any thread.
void domain_counts_post(struct domain_counts *counts);

// Frees all pairs without counting them.
void domain_counts_drop(struct domain_counts *counts);

// Call on the event loop: adds the posted counts to `activity`.
void domain_counts_collect(struct activity *activity);

#endif
