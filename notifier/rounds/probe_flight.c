// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/rounds/probe_flight.h"

#include "base/counter.h"

#include <stdlib.h>

// A domain that is being probed.
struct flight_entry {
    struct probe_flight *flight;
    struct flight_entry *next, **link;
    struct probe_target target;
    struct judge_history history;
    bool leased;
    struct probe_job *job;
};

struct probe_flight {
    struct probe_flight_spec spec;
    struct flight_entry *entries;
    unsigned count;
};

static struct counter running = {.name = "emailgency_notifier_probes_running",
                                 .help = "Domains that are being probed.",
                                 .kind = COUNTER_GAUGE};

static void on_done(const struct probe_verdict *verdict, void *arg)
{
    struct flight_entry *entry = arg;
    struct probe_flight *flight = entry->flight;
    *entry->link = entry->next;
    if (entry->next)
        entry->next->link = entry->link;
    counter_set(&running, --flight->count);
    const struct probe_landing landing = {
        .target = &entry->target, .history = &entry->history, .leased = entry->leased, .verdict = verdict};
    flight->spec.on_landing(&landing, flight->spec.arg);
    free(entry);
}

bool probe_flight_start(struct probe_flight *flight, const struct probe_target *target,
                        const struct judge_history *history, bool leased)
{
    struct flight_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return false;
    entry->flight = flight;
    entry->target = *target;
    entry->history = *history;
    entry->leased = leased;
    entry->job = probe_job_start(flight->spec.means, &entry->target, on_done, entry);
    if (!entry->job) {
        free(entry);
        return false;
    }
    entry->next = flight->entries;
    entry->link = &flight->entries;
    if (entry->next)
        entry->next->link = &entry->next;
    flight->entries = entry;
    counter_set(&running, ++flight->count);
    return true;
}

unsigned probe_flight_count(const struct probe_flight *flight)
{
    return flight->count;
}

struct probe_flight *probe_flight_create(const struct probe_flight_spec *spec)
{
    struct probe_flight *flight = calloc(1, sizeof *flight);
    if (!flight)
        return NULL;
    flight->spec = *spec;
    counter_register(&running);
    return flight;
}

void probe_flight_destroy(struct probe_flight *flight)
{
    if (!flight)
        return;
    for (struct flight_entry *next, *entry = flight->entries; entry; entry = next) {
        next = entry->next;
        probe_job_cancel(entry->job);
        free(entry);
    }
    free(flight);
}
