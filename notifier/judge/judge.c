// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/judge/judge.h"

#include <string.h>

static const char *const state_names[] = {
    [JUDGE_UNKNOWN] = "unknown", [JUDGE_UP] = "up", [JUDGE_DOWN] = "down", [JUDGE_UNSTABLE] = "unstable"};

const char *judge_state_name(enum judge_state state)
{
    return state_names[state];
}

bool judge_state_of(const char *name, enum judge_state *state)
{
    for (unsigned i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (strcmp(name, state_names[i]) == 0) {
            *state = (enum judge_state)i;
            return true;
        }
    return false;
}

void judge_history_add(struct judge_history *history, int64_t at, bool ok)
{
    if (history->count == JUDGE_HISTORY_MAX) {
        history->count--;
        memmove(history->probes, history->probes + 1, history->count * sizeof *history->probes);
    }
    const int64_t back = history->count ? history->probes[history->count - 1].at - at : 0;
    for (unsigned i = 0; back > 0 && i < history->count; i++)
        history->probes[i].at -= back;
    history->probes[history->count++] = (struct judge_probe){.at = at, .ok = ok};
}

// Probes are made up to a second or two after they are due, some more and some less: without this allowance
// it would be chance whether an outage is found with the failure that is to find it, or a whole interval
// later.
static int64_t least_span(const struct judge_rules *rules)
{
    return rules->down_min - rules->down_min / JUDGE_SPAN_ALLOWANCE;
}

static bool fails_for_long(const struct judge_history *history, const struct judge_rules *rules)
{
    const unsigned first = history->count > rules->window ? history->count - rules->window : 0;
    unsigned failures = 0;
    int64_t since = 0;
    if (!history->count || history->probes[history->count - 1].ok)
        return false;
    for (unsigned i = first; i < history->count; i++)
        if (!history->probes[i].ok && !failures++)
            since = history->probes[i].at;
    // An outage may be longer than the window.
    for (unsigned i = first; i > 0 && !history->probes[first].ok && !history->probes[i - 1].ok; i--)
        since = history->probes[i - 1].at;
    return failures >= rules->down_after &&
           history->probes[history->count - 1].at - since >= least_span(rules);
}

static bool succeeds_again(const struct judge_history *history, unsigned successes)
{
    if (history->count < successes)
        return false;
    for (unsigned i = history->count - successes; i < history->count; i++)
        if (!history->probes[i].ok)
            return false;
    return true;
}

// The percentage of results that differ from the one before; 0 while there are too few.
static unsigned changes_percent(const struct judge_history *history)
{
    unsigned changes = 0;
    if (history->count < JUDGE_FLAPPING_MIN)
        return 0;
    for (unsigned i = 1; i < history->count; i++)
        changes += history->probes[i].ok != history->probes[i - 1].ok;
    return changes * 100 / (history->count - 1);
}

enum judge_state judge_server(const struct judge_history *history, const struct judge_rules *rules,
                              bool suspect_self)
{
    const unsigned changes = changes_percent(history);
    const bool first = history->state == JUDGE_UNKNOWN;
    if (changes > JUDGE_FLAPPING_PERCENT && !suspect_self)
        return JUDGE_UNSTABLE;
    if (history->state == JUDGE_UNSTABLE && changes >= JUDGE_STEADY_PERCENT)
        return JUDGE_UNSTABLE;
    if (succeeds_again(history, first ? 1 : rules->up_after))
        return JUDGE_UP;
    if (fails_for_long(history, rules) && !suspect_self)
        return JUDGE_DOWN;
    return history->state;
}

bool judge_probe_ok(bool up, bool refuses, bool mail_left)
{
    return up || (mail_left && !refuses);
}

bool judge_self(const struct judge_totals *totals, unsigned percent)
{
    return totals->domains >= JUDGE_SELF_DOMAINS &&
           totals->failing_domains * 100 > totals->domains * percent &&
           totals->failing_servers >= JUDGE_SELF_SERVERS &&
           totals->failing_servers * 100 > totals->servers * percent;
}

bool judge_suspect(struct judge_suspicion *suspicion, bool now_so, int64_t now)
{
    const struct judge_suspicion before = *suspicion;
    suspicion->now_so = now_so;
    if (now_so) {
        if (!before.now_so)
            suspicion->since = now;
        suspicion->suspected = true;
        suspicion->last = now;
        suspicion->reported = before.reported || now - suspicion->since >= JUDGE_REPORT_SECONDS;
    } else if (before.suspected && now - before.last >= JUDGE_CALM_SECONDS) {
        *suspicion = (struct judge_suspicion){0};
    }
    return suspicion->suspected != before.suspected || suspicion->reported != before.reported;
}
