// SPDX-License-Identifier: BSD-2-Clause
// The figures of the last cycle as metrics.
#ifndef QUEUEWATCH_CYCLE_METRICS_H
#define QUEUEWATCH_CYCLE_METRICS_H

#include "queuewatch/queue/postfix_master.h"
#include "queuewatch/tally/tally.h"

void cycle_metrics_register(void);

// From the thread that looks at the queue.
void cycle_metrics_set(const struct tally *tally, bool complete);
void cycle_metrics_set_postfix(enum postfix_master state);
void cycle_metrics_add_cycle(int64_t took_us);
void cycle_metrics_add_envelopes(size_t count);

// A domain with many late messages.
struct cycle_metrics_top {
    char name[WATCH_NAME_MAX];
    uint32_t late;
};

// From the loop's thread, before the metrics are printed: what needs the time, and labels, which change from
// cycle to cycle. `top` must live until the next call; `age_ms` is -1 before the first cycle.
void cycle_metrics_refresh(int64_t age_ms, const struct cycle_metrics_top *top, unsigned count);

#endif
