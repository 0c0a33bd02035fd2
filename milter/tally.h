// SPDX-License-Identifier: BSD-2-Clause
// Counts on their way from libmilter's threads to the loop, which alone talks to the database.
#ifndef MILTER_TALLY_H
#define MILTER_TALLY_H

#include "activity/activity.h"

// What one message leaves: each pair of domain and metric once, however many recipients bring it up.
struct tally {
    struct tally_entry *entries; // NULL: none
};

// Notes a pair; `metric` is one of our own words and is not copied. A pair that is there keeps its amount.
// Without memory it is left out.
void tally_note(struct tally *tally, struct slice domain, const char *metric, uint64_t amount);

// Notes a pair for each domain in `domains`, whatever the metric there.
void tally_note_domains(struct tally *tally, const struct tally *domains, const char *metric,
                        uint64_t amount);

// Hands everything over and is empty again. Safe from any thread.
void tally_post(struct tally *tally);

// Throws it away.
void tally_drop(struct tally *tally);

// On the loop: adds what was handed over to `activity`.
void tally_collect(struct activity *activity);

#endif
