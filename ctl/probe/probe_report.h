// SPDX-License-Identifier: BSD-2-Clause
// Output of a probe: lines as they come, or one JSON document at the end. All bytes of a server are escaped
// for a terminal.
#ifndef CTL_PROBE_PROBE_REPORT_H
#define CTL_PROBE_PROBE_REPORT_H

#include "notifier/probe/next_hop.h"
#include "notifier/probe/probe_session.h"

#include <stdio.h>

struct probe_report {
    FILE *out;
    struct json_t *json; // NULL: text
    struct json_t *address, *lines;
    bool waiting; // a line of progress is on the terminal
};

void probe_report_init(struct probe_report *report, const char *domain, bool json, FILE *out);

void probe_report_address(struct probe_report *report, const struct next_hop *hop);
void probe_report_line(struct probe_report *report, enum probe_direction direction, struct slice line);
void probe_report_found(struct probe_report *report, const struct probe_found *found);

// A line on the terminal that the next one replaces; only if standard error is one.
void probe_report_wait(struct probe_report *report, const char *stage, unsigned seconds);

// The end: the verdict, or why nobody could be asked. Returns false if the output failed.
bool probe_report_end(struct probe_report *report, bool known, bool up, const char *why);

#endif
