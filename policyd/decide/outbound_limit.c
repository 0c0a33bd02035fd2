// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/decide/outbound_limit.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HOUR = 3600, DAY = 86400, LIMITS = 8 };

// Those of longer spans come first.
static const struct {
    bool of_day, recipients, of_domain;
    const char *column;
} limits[LIMITS] = {
    {true, false, false, "login_messages_day"},   {true, true, false, "login_recipients_day"},
    {false, false, false, "login_messages_hour"}, {false, true, false, "login_recipients_hour"},
    {true, false, true, "domain_messages_day"},   {true, true, true, "domain_recipients_day"},
    {false, false, true, "domain_messages_hour"}, {false, true, true, "domain_recipients_hour"},
};

// In the order of the table.
static void read_plan(const struct plan_row *plan, int64_t out[LIMITS])
{
    const int64_t most[LIMITS] = {plan->login_messages_day,   plan->login_recipients_day,
                                  plan->login_messages_hour,  plan->login_recipients_hour,
                                  plan->domain_messages_day,  plan->domain_recipients_day,
                                  plan->domain_messages_hour, plan->domain_recipients_hour};
    memcpy(out, most, sizeof most);
}

bool outbound_limit_reached(const struct plan_row *plan, const struct outbound_facts *facts,
                            int64_t recipients, struct outbound_limit *out)
{
    int64_t most[LIMITS];
    read_plan(plan, most);
    for (size_t i = 0; i < LIMITS; i++) {
        const struct outbound_counts *counts = limits[i].of_domain ? &facts->domain : &facts->login;
        const struct outbound_count *count = limits[i].of_day ? &counts->day : &counts->hour;
        const int64_t used = limits[i].recipients ? count->recipients + recipients : count->messages + 1;
        const int64_t span = limits[i].of_day ? DAY : HOUR;
        if (most[i] < 0 || used <= most[i])
            continue;
        *out = (struct outbound_limit){.column = limits[i].column,
                                       .most = most[i],
                                       .ends = (facts->now / span + 1) * span,
                                       .of_domain = limits[i].of_domain,
                                       .of_day = limits[i].of_day,
                                       .recipients = limits[i].recipients};
        return true;
    }
    return false;
}

void outbound_limit_text(const struct outbound_limit *limit, char out[OUTBOUND_LIMIT_TEXT_MAX])
{
    char day[CLOCK_DAY_MAX];
    clock_day(limit->ends, day);
    snprintf(out, OUTBOUND_LIMIT_TEXT_MAX,
             "The limit of %" PRId64 " %s %s for %s is reached (%s); it ends at %s %02d:00 UTC", limit->most,
             limit->recipients ? "recipients" : "messages", limit->of_day ? "a day" : "an hour",
             limit->of_domain ? "all accounts of this domain" : "this account", limit->column, day,
             (int)(limit->ends % DAY / HOUR));
}
