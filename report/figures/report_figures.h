// SPDX-License-Identifier: BSD-2-Clause
// The figures of a monthly report, as emailgency.report_figures(domain, month) gives them
// (docs/protocols.md). Pure.
#ifndef REPORT_FIGURES_REPORT_FIGURES_H
#define REPORT_FIGURES_REPORT_FIGURES_H

#include "base/address.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { REPORT_LIST_MAX = 10, REPORT_WEEKS_MAX = 5, REPORT_TIME_MAX = 20, REPORT_NAME_MAX = 255 };

// The counters that are shown; their names in `activity` are in report_figures.c.
enum report_metric {
    REPORT_RECEIVED,
    REPORT_RECEIVED_BYTES,
    REPORT_DELIVERED,
    REPORT_STORED,
    REPORT_DEFERRED,
    REPORT_BOUNCED,
    REPORT_EXPIRED,
    REPORT_GREYLISTED,
    REPORT_RETURNED, // after greylisting
    REPORT_BLACKLISTED,
    REPORT_SPF,
    REPORT_TOO_BIG,
    REPORT_UNKNOWN,
    REPORT_BACKSCATTER,
    REPORT_STEALTH,
    REPORT_SENT,
    REPORT_SENT_BYTES,
    REPORT_SENT_BOUNCED,
    REPORT_SENT_DENIED,
    REPORT_DELAY, // seconds, the greatest
    REPORT_METRICS
};

// A value that nobody counted is unknown, which is not 0.
struct report_value {
    bool known;
    uint64_t value;
};

struct report_number {
    struct report_value now, before; // of the month, and of the one before
};

struct report_week {
    unsigned first, last; // days of the month
    struct report_value received, refused;
};

struct report_outage {
    bool unstable;                // the server answered on and off
    char opened[REPORT_TIME_MAX]; // local times, "2026-11-03 10:02"
    char closed[REPORT_TIME_MAX]; // "": it lasts
    uint64_t minutes;             // of it in the month
};

struct report_mailbox {
    char address[ADDRESS_MAX + 1];
    uint64_t bytes, quota; // quota > 0
};

struct report_expiry {
    char address[ADDRESS_MAX + 1];
    uint64_t days, usual;
};

struct report_incident {
    char kind[REPORT_TIME_MAX];
    char subject[REPORT_NAME_MAX + 1];
    char opened[REPORT_TIME_MAX];
};

// Of each list the first REPORT_LIST_MAX; `…_total` counts all.
struct report_figures {
    char domain[REPORT_NAME_MAX + 1];
    char language[16];
    char zone[64];
    unsigned year, month;        // 1 … 12
    char since[REPORT_TIME_MAX]; // "2026-11-12": the figures begin within the month; "": with it
    bool primary, watched;       // the domain's mode; whether its server is probed
    struct report_number numbers[REPORT_METRICS];
    struct report_week weeks[REPORT_WEEKS_MAX];
    unsigned week_count;
    struct report_outage outages[REPORT_LIST_MAX];
    unsigned outage_count;
    uint64_t outage_total, outage_minutes; // minutes without a server
    struct report_mailbox mailboxes[REPORT_LIST_MAX];
    unsigned mailbox_count;
    uint64_t mailbox_total;
    struct report_expiry expiry[REPORT_LIST_MAX];
    unsigned expiry_count;
    uint64_t expiry_total;
    struct report_incident open[REPORT_LIST_MAX];
    unsigned open_count;
    char best_mx[REPORT_NAME_MAX +
                 1]; // the host of this service that is the best MX of a backup domain; "": none
};

// Reads the JSON object. Returns false with what is wrong in `problem`. Metrics that are not shown are
// skipped.
bool report_figures_parse(struct slice json, struct report_figures *figures, struct problem *problem)
    __attribute__((warn_unused_result));

#endif
