// SPDX-License-Identifier: BSD-2-Clause
// Counters and gauges of this process, printed as Prometheus text (exposition format 0.0.4). A counter may be
// added to and set from any thread; registering, printing and histograms are for the loop's thread.
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum counter_kind { COUNTER_TOTAL, COUNTER_GAUGE };
enum { COUNTER_LABELS = 2 };

struct counter_label {
    const char *name;  // NULL: no label
    const char *value; // any text; it is escaped when it is printed
};

struct counter {
    const char *name; // "emailgency_policyd_requests_total"
    const char *help;
    struct counter_label labels[COUNTER_LABELS];
    enum counter_kind kind;
    _Atomic double value;
    struct counter *next; // the registry's
};

// Adds a counter, which must live as long as it is registered, to the registry: after the last one of its
// name, as the format requires. A second call with the same one does nothing.
void counter_register(struct counter *counter);

// Takes it out again; does nothing where it is not in.
void counter_unregister(struct counter *counter);

// Counters of one name that differ in the value of one label: word(0) … word(count - 1).
struct counter_family {
    const char *name, *help;
    struct counter_label shared; // a label before that one, the same for all; its name may be NULL
    const char *label;
    const char *(*word)(unsigned value);
    unsigned count;
    struct counter *counters; // `count` of them, the caller's
};

// Fills the counters of a family and registers them; counters[value] is then counted up as any other.
void counter_family_register(const struct counter_family *family);

static inline void counter_add(struct counter *counter, double amount)
{
    double before = atomic_load_explicit(&counter->value, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&counter->value, &before, before + amount,
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

static inline void counter_set(struct counter *counter, double value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

// Writes all of them; HELP and TYPE once per name.
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
