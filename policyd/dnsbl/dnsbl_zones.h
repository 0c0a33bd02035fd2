// SPDX-License-Identifier: BSD-2-Clause
// The DNS lists of the rows. Those that are left out are re-checked in the background.
#ifndef POLICYD_DNSBL_DNSBL_ZONES_H
#define POLICYD_DNSBL_DNSBL_ZONES_H

#include "io/loop.h"
#include "policyd/dnsbl/dnsbl_zone.h"

#define DNSBL_ZONES_MAX 64

struct dnsbl_zones {
    struct resolver *resolver;
    struct loop_timer timer; // runs while a list is left out
    bool loaded;
    uint64_t version;   // of the rows
    int64_t report_due; // clock_mono_ms: bad rows are not logged before
    size_t count;
    struct dnsbl_zone *list[DNSBL_ZONES_MAX]; // in the order of the rows
};

void dnsbl_zones_init(struct dnsbl_zones *zones, struct event_base *base, struct resolver *resolver);
void dnsbl_zones_finish(struct dnsbl_zones *zones);

// Reads the rows again if they changed. The health of a list is kept as long as its row exists. A malformed
// row, and one above DNSBL_ZONES_MAX, is left out, counted, and logged once in ten minutes.
void dnsbl_zones_reload(struct dnsbl_zones *zones, const struct directory_snapshot *rows);

#endif
