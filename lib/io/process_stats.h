// SPDX-License-Identifier: BSD-2-Clause
// The metrics of a process that Prometheus's client libraries agree on: process_cpu_seconds_total and so on.
#ifndef IO_PROCESS_STATS_H
#define IO_PROCESS_STATS_H

void process_stats_register(void);

// Brings them up to date. What the kernel does not show stays as it was.
void process_stats_refresh(void);

#endif
