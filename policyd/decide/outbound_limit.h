// SPDX-License-Identifier: BSD-2-Clause
// Limits of what a login and its domain send: a plan's numbers against counts. Pure.
#ifndef POLICYD_DECIDE_OUTBOUND_LIMIT_H
#define POLICYD_DECIDE_OUTBOUND_LIMIT_H

#include "directory/schema.h"
#include "policyd/decide/policy_facts.h"

struct outbound_limit {
    const char *column; // of table plan
    int64_t most;
    int64_t ends;    // seconds since 1970: the limit's hour or day (UTC) is over then
    bool of_domain;  // of all logins of the domain; else of this login
    bool of_day;     // within a day; else within an hour
    bool recipients; // of recipients; else of messages
};

// Returns whether a message with so many recipients more would be beyond a limit; `*out` is then that whose
// time ends last. A login's limit goes before its domain's.
bool outbound_limit_reached(const struct plan_row *plan, const struct outbound_facts *facts,
                            int64_t recipients, struct outbound_limit *out);

#define OUTBOUND_LIMIT_TEXT_MAX 200

// The text of a refusal: names the limit, and says when it ends.
void outbound_limit_text(const struct outbound_limit *limit, char out[OUTBOUND_LIMIT_TEXT_MAX]);

#endif
