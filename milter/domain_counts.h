// SPDX-License-Identifier: BSD-2-Clause
// Counts on their way from libmilter's threads to the loop, which alone talks to the database.
#ifndef MILTER_DOMAIN_COUNTS_H
#define MILTER_DOMAIN_COUNTS_H

#include "activity/activity.h"

// What one message leaves: each pair of domain and metric once, however many recipients bring it up.
struct domain_counts {
    struct domain_counts_entry *entries; // NULL: none
};

// Notes a pair; `metric` is one of our own words and is not copied. A pair that is there keeps its amount.
// Without memory it is left out.
void domain_counts_note(struct domain_counts *tally, struct slice domain, const char *metric,
                        uint64_t amount);

// Notes a pair for each domain in `domains`, whatever the metric there.
void domain_counts_note_domains(struct domain_counts *tally, const struct domain_counts *domains,
                                const char *metric, uint64_t amount);

// Hands everything over and is empty again. Safe from any thread.
void domain_counts_post(struct domain_counts *tally);

// Throws it away.
void domain_counts_drop(struct domain_counts *tally);

// On the loop: adds what was handed over to `activity`.
void domain_counts_collect(struct activity *activity);

#endif
