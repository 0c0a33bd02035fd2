// SPDX-License-Identifier: BSD-2-Clause
// Counters and gauges of this process, printed as Prometheus text (exposition format 0.0.4). Single-threaded.
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdint.h>
#include <stdio.h>

enum counter_kind { COUNTER_TOTAL, COUNTER_GAUGE };

// Counters of one name that differ in `labels` must be registered one after another.
struct counter {
    const char *name; // "emailgency_policyd_requests_total"
    const char *help;
    const char *labels; // NULL or `zone="bl.example"`, already escaped
    enum counter_kind kind;
    double value;
    struct counter *next; // the registry's
};

// Adds a counter, which must live as long as it is registered, to the end of the registry. A second call with
// the same one does nothing.
void counter_register(struct counter *counter);

// Takes it out again; does nothing where it is not in.
void counter_unregister(struct counter *counter);

static inline void counter_add(struct counter *counter, double amount)
{
    counter->value += amount;
}

static inline void counter_set(struct counter *counter, double value)
{
    counter->value = value;
}

// Writes all of them; HELP and TYPE once a name.
void counter_print(FILE *out);

// Latencies in fixed buckets; printed as a Prometheus histogram.
#define HISTOGRAM_BUCKETS 16
struct histogram {
    const char *name; // "…_seconds": bounds and sum are printed in seconds
    const char *help;
    uint64_t buckets[HISTOGRAM_BUCKETS + 1]; // the last is +Inf
    uint64_t count;
    double sum; // seconds
    struct histogram *next;
};

// Bucket bounds are 10 µs · 2^i for i = 0 … HISTOGRAM_BUCKETS - 1.
void histogram_register(struct histogram *histogram);
void histogram_observe_us(struct histogram *histogram, int64_t microseconds);

#endif
