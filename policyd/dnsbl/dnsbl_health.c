// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_health.h"

const char *dnsbl_state_name(enum dnsbl_state state)
{
    static const char *const names[] = {[DNSBL_STATE_GOOD] = "good",
                                        [DNSBL_STATE_SILENT] = "silent",
                                        [DNSBL_STATE_REFUSING] = "refusing",
                                        [DNSBL_STATE_LISTS_ALL] = "lists-all"};
    return names[state];
}

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
    if (health->state != DNSBL_STATE_LISTS_ALL && health->pause_ms < DNSBL_PAUSE_MAX_MS)
        health->pause_ms *= 2;
    if (health->pause_ms > DNSBL_PAUSE_MAX_MS)
        health->pause_ms = DNSBL_PAUSE_MAX_MS;
    health->due_ms = now + health->pause_ms;
}

static void note_failure(struct dnsbl_health *health, enum dnsbl_event event, int64_t now)
{
    if (health->state != DNSBL_STATE_GOOD)
        pause_longer(health, now);
    else if (++health->failures >= DNSBL_FAILURES_MAX)
        cut_out(health, event == DNSBL_EVENT_REFUSED ? DNSBL_STATE_REFUSING : DNSBL_STATE_SILENT, now);
}

bool dnsbl_health_note(struct dnsbl_health *health, enum dnsbl_event event, int64_t now)
{
    enum dnsbl_state before = health->state;
    switch (event) {
    case DNSBL_EVENT_ANSWERED:
        health->failures = 0;
        break;
    case DNSBL_EVENT_NO_ANSWER:
    case DNSBL_EVENT_REFUSED:
        note_failure(health, event, now);
        break;
    case DNSBL_EVENT_LISTS_ALL:
        cut_out(health, DNSBL_STATE_LISTS_ALL, now);
        break;
    case DNSBL_EVENT_TEST_OK:
        *health = (struct dnsbl_health){.state = DNSBL_STATE_GOOD};
        break;
    }
    return health->state != before;
}

bool dnsbl_health_due(const struct dnsbl_health *health, int64_t now)
{
    return health->state != DNSBL_STATE_GOOD && now >= health->due_ms;
}

void dnsbl_health_retry_now(struct dnsbl_health *health, int64_t now)
{
    if (health->state == DNSBL_STATE_SILENT && health->due_ms > now)
        health->due_ms = now;
}
