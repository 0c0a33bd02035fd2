// SPDX-License-Identifier: BSD-2-Clause
// How many of something are how old, as bars of text. Pure.
#ifndef CTL_QUEUE_AGE_HISTOGRAM_H
#define CTL_QUEUE_AGE_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define AGE_BUCKETS 10 // the last is of unknown age

struct age_histogram {
    uint64_t counts[AGE_BUCKETS];
};

// `arrival` and `now` are seconds since 1970; an arrival of 0 is unknown.
void age_histogram_add(struct age_histogram *histogram, int64_t arrival, int64_t now);

// "under 5 min", …, "unknown".
const char *age_histogram_name(unsigned bucket);

// Prints a line per bucket, from the first to the last that is not empty.
void age_histogram_print(const struct age_histogram *histogram, FILE *out);

// An age as a reader likes it: "59 s", "12 min", "3 h", "8 d"; "-" if the arrival is unknown.
#define AGE_TEXT_MAX 24
void age_text(int64_t arrival, int64_t now, char out[AGE_TEXT_MAX]);

#endif
