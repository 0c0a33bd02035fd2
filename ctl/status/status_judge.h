// SPDX-License-Identifier: BSD-2-Clause
// Judgement of a node's state: facts in, lines and levels out; pure. The thresholds are those of
// docs/operations.md, "Metrics".
#ifndef CTL_STATUS_STATUS_JUDGE_H
#define CTL_STATUS_STATUS_JUDGE_H

#include "ctl/status/status_facts.h"
#include "ctl/status/status_report.h"

enum {
    STATUS_JUDGE_REPLICA_AGE = 60, // seconds, above which the replica is old
    STATUS_JUDGE_BATCHES = 10      // batches of counts, above which too many wait
};
#define STATUS_JUDGE_NOTIFICATIONS 0.02 // use of the server's notification queue
#define STATUS_JUDGE_FILE 0.8           // fill of the replica's file

// Adds the lines of everything but `report`'s caller's own. `report` begins empty.
void status_judge(const struct status_facts *facts, struct status_report *report);

// Adds the line of each daemon: does it run, since when, in which version. Of status_judge().
void status_judge_daemons(const struct status_facts *facts, struct status_report *report);

#endif
