// SPDX-License-Identifier: BSD-2-Clause
// One run: plans the reports that are due, composes them in batches that are leased to this node, and ends.
#ifndef REPORT_REPORT_RUN_H
#define REPORT_REPORT_RUN_H

#include "base/problem.h"

#include <event2/event.h>
#include <stdbool.h>

// The members of struct daemon_spec of these names. The process ends with exit code 0 if no report failed in
// this run, and else 71.
bool report_start(struct event_base *base, struct problem *problem);
bool report_run(struct event_base *base, struct problem *problem);
void report_finish(void);

#endif
