// SPDX-License-Identifier: BSD-2-Clause
// What transportmap answers Postfix about an address, and why: its own look-ups, asked here.
#ifndef CTL_EXPLAIN_EXPLAIN_ROUTE_H
#define CTL_EXPLAIN_EXPLAIN_ROUTE_H

#include "ctl/explain/explanation.h"
#include "transportmap/lookup/lookup.h"

// Asks each map as Postfix does, in smtpd's order; `address` is folded. Each address that virtual_alias gives
// has its route shown. Returns what smtpd makes of it at RCPT, with `*reason` of the map that decided.
enum lookup_status explain_route(const struct directory_snapshot *rows, const struct route_rules *rules,
                                 const char *address, struct explanation *explanation,
                                 enum lookup_reason *reason) __attribute__((warn_unused_result));

#endif
