// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_health.h"

static void cut_out(struct dnsbl_health *health, enum dnsbl_state state, int64_t now)
{
    health->state = state;
    health->pause_ms = DNSBL_PAUSE_MS;
    health->due_ms = now + health->pause_ms;
}

static void pause_longer(struct dnsbl_health *health, int64_t now)
{
    if (now < health->due_ms)
        return;
    if (health->state != DNSBL_WILD && health->pause_ms < DNSBL_PAUSE_MAX_MS)
        health->pause_ms *= 2;
    if (health->pause_ms > DNSBL_PAUSE_MAX_MS)
        health->pause_ms = DNSBL_PAUSE_MAX_MS;
    health->due_ms = now + health->pause_ms;
}

static void note_failure(struct dnsbl_health *health, enum dnsbl_event event, int64_t now)
{
    if (health->state != DNSBL_GOOD)
        pause_longer(health, now);
    else if (++health->failures >= DNSBL_FAILURES_MAX)
        cut_out(health, event == DNSBL_REFUSED ? DNSBL_REFUSING : DNSBL_SILENT, now);
}

bool dnsbl_health_note(struct dnsbl_health *health, enum dnsbl_event event, int64_t now)
{
    enum dnsbl_state before = health->state;
    switch (event) {
    case DNSBL_ANSWERED:
        health->failures = 0;
        break;
    case DNSBL_NO_ANSWER:
    case DNSBL_REFUSED:
        note_failure(health, event, now);
        break;
    case DNSBL_LISTS_ALL:
        cut_out(health, DNSBL_WILD, now);
        break;
    case DNSBL_RECHECKED:
        *health = (struct dnsbl_health){.state = DNSBL_GOOD};
        break;
    }
    return health->state != before;
}

bool dnsbl_health_due(const struct dnsbl_health *health, int64_t now)
{
    return health->state != DNSBL_GOOD && now >= health->due_ms;
}

void dnsbl_health_hurry(struct dnsbl_health *health, int64_t now)
{
    if (health->state == DNSBL_SILENT && health->due_ms > now)
        health->due_ms = now;
}
