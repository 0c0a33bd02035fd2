// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/cycle_metrics.h"

#include "base/clock.h"
#include "base/counter.h"

#define PREFIX "emailgency_queuewatch_"

enum {
    GAUGE_UNKNOWN,
    GAUGE_LATE,
    GAUGE_LATE_DOMAINS,
    GAUGE_ALERT_DOMAINS,
    GAUGE_COMPLETE,
    GAUGE_CYCLE_SECONDS,
    GAUGE_CYCLE_AGE,
    GAUGE_POSTFIX,
    TOTAL_CYCLES,
    TOTAL_ENVELOPES,
    COUNTERS
};

static struct counter counters[COUNTERS] = {
    [GAUGE_UNKNOWN] = {.name = PREFIX "unknown_messages",
                       .help = "Messages in the queue whose domains are not known yet.",
                       .kind = COUNTER_GAUGE},
    [GAUGE_LATE] = {.name = PREFIX "late_messages",
                    .help = "Messages older than queue_alert_minutes of a domain of theirs.",
                    .kind = COUNTER_GAUGE},
    [GAUGE_LATE_DOMAINS] = {.name = PREFIX "late_domains",
                            .help = "Domains with a late message.",
                            .kind = COUNTER_GAUGE},
    [GAUGE_ALERT_DOMAINS] = {.name = PREFIX "alert_domains",
                             .help = "Domains with queue_alert_messages late messages or more.",
                             .kind = COUNTER_GAUGE},
    [GAUGE_COMPLETE] = {.name = PREFIX "complete",
                        .help = "1: the last cycle could read all of the queue.",
                        .kind = COUNTER_GAUGE},
    [GAUGE_CYCLE_SECONDS] = {.name = PREFIX "cycle_seconds",
                             .help = "Duration of the last cycle.",
                             .kind = COUNTER_GAUGE},
    [GAUGE_CYCLE_AGE] = {.name = PREFIX "cycle_age_seconds",
                         .help = "Time since the figures were counted; -1: never.",
                         .kind = COUNTER_GAUGE},
    [GAUGE_POSTFIX] = {.name = PREFIX "postfix_running",
                       .help = "1: Postfix's master runs; 0: it does not; -1: not known.",
                       .kind = COUNTER_GAUGE},
    [TOTAL_CYCLES] = {.name = PREFIX "cycles_total", .help = "Cycles."},
    [TOTAL_ENVELOPES] = {.name = PREFIX "envelopes_total", .help = "Envelopes that were read."},
};

static struct counter messages[QUEUE_NAMES], oldest[QUEUE_NAMES];

static struct counter top_domains[TALLY_TOP];

void cycle_metrics_register(void)
{
    for (unsigned i = 0; i < COUNTERS; i++)
        counter_register(&counters[i]);
    counter_family_register(&(struct counter_family){.name = PREFIX "messages",
                                                     .help = "Messages by Postfix's queue.",
                                                     .label = "queue",
                                                     .word = queue_name_word,
                                                     .count = QUEUE_NAMES,
                                                     .counters = messages});
    counter_family_register(&(struct counter_family){.name = PREFIX "oldest_age_seconds",
                                                     .help = "Age of the oldest message; 0: there is none.",
                                                     .label = "queue",
                                                     .word = queue_name_word,
                                                     .count = QUEUE_NAMES,
                                                     .counters = oldest});
    for (unsigned i = 0; i < QUEUE_NAMES; i++)
        messages[i].kind = oldest[i].kind = COUNTER_GAUGE;
    cycle_metrics_set_postfix(POSTFIX_MASTER_UNKNOWN);
}

static double age(uint32_t arrival, int64_t now)
{
    return arrival != QUEUE_NEVER && now > (int64_t)arrival ? (double)(now - (int64_t)arrival) : 0;
}

void cycle_metrics_set(const struct tally *tally, bool complete)
{
    const int64_t now = clock_wall();
    for (unsigned i = 0; i < QUEUE_NAMES; i++) {
        counter_set(&messages[i], tally->queues[i].messages);
        counter_set(&oldest[i], age(tally->queues[i].oldest, now));
    }
    counter_set(&counters[GAUGE_UNKNOWN], (double)tally->unknown);
    counter_set(&counters[GAUGE_LATE], (double)tally->late);
    counter_set(&counters[GAUGE_LATE_DOMAINS], tally->late_targets);
    counter_set(&counters[GAUGE_ALERT_DOMAINS], tally->alert_targets);
    counter_set(&counters[GAUGE_COMPLETE], complete);
}

void cycle_metrics_add_cycle(int64_t took_us)
{
    counter_set(&counters[GAUGE_CYCLE_SECONDS], (double)took_us / 1e6);
    counter_add(&counters[TOTAL_CYCLES], 1);
}

void cycle_metrics_add_envelopes(size_t count)
{
    counter_add(&counters[TOTAL_ENVELOPES], (double)count);
}

static void refresh_top(const struct cycle_metrics_top *top, unsigned count)
{
    for (unsigned i = 0; i < TALLY_TOP; i++)
        counter_unregister(&top_domains[i]);
    for (unsigned i = 0; i < count; i++) {
        top_domains[i] = (struct counter){.name = PREFIX "domain_late_messages",
                                          .help = "Late messages of the domains that have the most.",
                                          .labels = {{"domain", top[i].name}},
                                          .kind = COUNTER_GAUGE};
        counter_set(&top_domains[i], top[i].late);
        counter_register(&top_domains[i]);
    }
}

void cycle_metrics_refresh(int64_t age_ms, const struct cycle_metrics_top *top, unsigned count)
{
    counter_set(&counters[GAUGE_CYCLE_AGE], age_ms < 0 ? -1 : (double)age_ms / 1000);
    refresh_top(top, count);
}

void cycle_metrics_set_postfix(enum postfix_master state)
{
    counter_set(&counters[GAUGE_POSTFIX], state);
}
