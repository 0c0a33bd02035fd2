// SPDX-License-Identifier: BSD-2-Clause
// Reports the health of the DNS lists to the database once a minute, where it becomes incidents of the
// operator. Never in the path of a request.
#ifndef POLICYD_DNSBL_REPORT_H
#define POLICYD_DNSBL_REPORT_H

#include "pg/pg.h"
#include "policyd/dnsbl/dnsbl.h"

struct dnsbl_report;

// All is borrowed; `pg` is to be destroyed before the report.
struct dnsbl_report_spec {
    struct pg *pg;
    const struct dnsbl *dnsbl;
    const char *node;
};

// Returns NULL only if out of memory.
struct dnsbl_report *dnsbl_report_create(struct event_base *base, const struct dnsbl_report_spec *spec);
void dnsbl_report_destroy(struct dnsbl_report *report);

#endif
