// SPDX-License-Identifier: BSD-2-Clause
// emailgencyctl explain ADDRESS|DOMAIN: the rows that decide on an address, and the decision; or the rows of
// a domain.
#ifndef CTL_EXPLAIN_EXPLAIN_H
#define CTL_EXPLAIN_EXPLAIN_H

#include "ctl/command/ctl.h"
#include "ctl/explain/explain_milter.h"
#include "ctl/explain/explain_policy.h"
#include "transportmap/lookup/route.h"

struct explain_rules {
    const struct identity_rules *identity; // may be NULL, as for policy_decide()
    struct explain_supposed supposed;
    struct explain_spf_results spf;
    struct route_rules route;
};

enum explain_rc { EXPLAIN_OK, EXPLAIN_NO_ADDRESS, EXPLAIN_NOT_LOCAL };

// Explains `message->recipient`; EXPLAIN_NOT_LOCAL unless its domain is served or the message has a login,
// which may send to any domain. Without a client neither DNS lists, greylisting nor SPF apply; without sender
// and login the milter is left out. A worker may be asked about SPF; else it is pure.
enum explain_rc explain_make(const struct directory_snapshot *rows, const struct explain_rules *rules,
                             const struct explain_message *message, struct explanation *explanation)
    __attribute__((warn_unused_result));

// Explains a domain by any of its names: its rows, its route, and what holds for each of its addresses. There
// is no answer to explain.
enum explain_rc explain_make_domain(const struct directory_snapshot *rows, const struct explain_rules *rules,
                                    const char *domain, struct explanation *explanation)
    __attribute__((warn_unused_result));

// Exit codes: 64 usage, 65 no address and no domain, 67 domain not served, 69 no replica.
extern const struct ctl_command explain_command;

#endif
