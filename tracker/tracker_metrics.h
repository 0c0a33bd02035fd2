// SPDX-License-Identifier: BSD-2-Clause
// The tracker's metrics.
#ifndef TRACKER_TRACKER_METRICS_H
#define TRACKER_TRACKER_METRICS_H

#include "tracker/log_pump.h"

void tracker_metrics_register(void);
void tracker_metrics_add(const struct log_pump_counts *counts, const struct trace_batch *batch);
// `left` bytes of the log are unread, -1: not known; `last_time` as in struct log_pump.
void tracker_metrics_refresh(bool connected, const struct join *join, int64_t left, int64_t last_time);

#endif
