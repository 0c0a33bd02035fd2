// SPDX-License-Identifier: BSD-2-Clause
// The answers of transportmap about an address, with their reasons, by its own look-up code.
#ifndef CTL_EXPLAIN_EXPLAIN_ROUTE_H
#define CTL_EXPLAIN_EXPLAIN_ROUTE_H

#include "ctl/explain/explanation.h"
#include "transportmap/lookup/lookup.h"

// Asks each map as Postfix does, in smtpd's order; `address` is folded. Shows the route
// of each address that virtual_alias returns. Returns the result at RCPT, with `*reason` of the map that
// decided.
enum lookup_status explain_route(const struct directory_snapshot *rows, const struct route_rules *rules,
                                 const char *address, struct explanation *explanation,
                                 enum lookup_reason *reason) __attribute__((warn_unused_result));

// Asks relay_domains and transport about a domain, folded.
void explain_route_domain(const struct directory_snapshot *rows, const struct route_rules *rules,
                          struct slice domain, struct explanation *explanation);

#endif
