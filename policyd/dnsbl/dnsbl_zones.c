// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_zones.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

#include <stdio.h>

#define TICK_MS 1000

static void on_change(struct dnsbl_zone *zone, enum dnsbl_state before)
{
    struct dnsbl_zones *zones = zone->zones;
    bool works_again = before == DNSBL_STATE_SILENT && dnsbl_zone_usable(zone);
    for (size_t i = 0; works_again && i < zones->count; i++)
        dnsbl_health_retry_now(&zones->list[i]->health, clock_mono_ms());
    if (!loop_timer_running(&zones->timer))
        loop_timer_set(&zones->timer, TICK_MS);
}

static void on_recheck(const struct dns_answer *answer, void *arg)
{
    struct dnsbl_zone *zone = arg;
    zone->recheck = NULL;
    enum dnsbl_event event = dnsbl_zone_take_test_entry(zone, zone->suspect, answer);
    if (event != DNSBL_EVENT_LISTS_ALL) // noted by dnsbl_zone_take_test_entry
        dnsbl_zone_note(zone, event);
}

static void on_tick(void *arg)
{
    struct dnsbl_zones *zones = arg;
    bool cut_out = false;
    for (size_t i = 0; i < zones->count; i++) {
        struct dnsbl_zone *zone = zones->list[i];
        if (!zone->recheck && dnsbl_health_due(&zone->health, clock_mono_ms()))
            zone->recheck = dnsbl_zone_ask_test_entry(zone, zones->resolver, zone->suspect, on_recheck, zone);
        cut_out = cut_out || !dnsbl_zone_usable(zone);
    }
    if (cut_out)
        loop_timer_set(&zones->timer, TICK_MS);
}

static void drop(struct dnsbl_zone *zone)
{
    for (size_t kind = 0; kind < DNSBL_COUNTERS; kind++)
        counter_unregister(&zone->counters[kind]);
    if (zone->recheck)
        resolver_cancel(zone->recheck);
    zone->recheck = NULL;
    zone->zones = NULL;
    dnsbl_zone_release(zone);
}

// Takes the zone of that name out of the list, or creates it.
static struct dnsbl_zone *take_or_create(struct dnsbl_zones *zones, const char *name)
{
    for (size_t i = 0; i < zones->count; i++) {
        struct dnsbl_zone *zone = zones->list[i];
        if (strcmp(zone->name, name) == 0) {
            zones->list[i] = zones->list[--zones->count];
            return zone;
        }
    }
    struct dnsbl_zone *zone = dnsbl_zone_create(name);
    if (zone) {
        zone->zones = zones;
        zone->on_change = on_change;
        for (size_t kind = 0; kind < DNSBL_COUNTERS; kind++)
            counter_register(&zone->counters[kind]);
    }
    return zone;
}

static struct dnsbl_zone *zone_of(struct dnsbl_zones *zones, const struct dnsbl_row *row,
                                  const char **problem)
{
    char name[DNS_NAME_MAX + 1];
    struct dnsbl_replies replies;
    *problem = dnsbl_zone_read(row, name, &replies);
    struct dnsbl_zone *zone = *problem ? NULL : take_or_create(zones, name);
    if (!zone)
        return NULL;
    zone->weight = row->weight;
    zone->allow = row->allow;
    zone->replies = replies;
    return zone;
}

enum { REPORT_MS = 600000 }; // between two readings whose bad rows are logged

// Each edit of a row anywhere leads to a reading; all bad rows of one fit.
static struct fault bad_row = {.name = "dnsbl-row",
                               .text = "DNS list is left out",
                               .advice = "correct its row",
                               .is_warning = true,
                               .lines = DNSBL_ZONES_MAX,
                               .interval_ms = REPORT_MS};

// Returns whether it was logged, not only counted.
static bool report(const struct dnsbl_zones *zones, const struct dnsbl_row *row, const char *problem)
{
    if (clock_mono_ms() < zones->report_due) {
        counter_add(&bad_row.counter, 1);
        return false;
    }
    char subject[2 * LOG_VALUE_MAX + 64];
    snprintf(subject, sizeof subject, "zone=%s problem=%s", log_value(row->zone).text,
             log_value(slice_from(problem)).text);
    return fault_report(&bad_row, subject);
}

// Returns how many of `list` were filled.
static size_t read_rows(struct dnsbl_zones *zones, const struct directory_snapshot *rows,
                        struct dnsbl_zone *list[DNSBL_ZONES_MAX])
{
    struct dnsbl_row row;
    size_t count = 0;
    bool reported = false;
    for (size_t n = 0; directory_dnsbl(rows, n, &row) == DIRECTORY_OK; n++) {
        const char *problem = "too-many-lists";
        struct dnsbl_zone *zone = count < DNSBL_ZONES_MAX ? zone_of(zones, &row, &problem) : NULL;
        if (zone)
            list[count++] = zone;
        else if (problem)
            reported = report(zones, &row, problem) || reported;
    }
    if (reported)
        zones->report_due = clock_mono_ms() + REPORT_MS;
    return count;
}

void dnsbl_zones_reload(struct dnsbl_zones *zones, const struct directory_snapshot *rows)
{
    uint64_t version = directory_version(rows);
    if (zones->loaded && version == zones->version)
        return;
    struct dnsbl_zone *list[DNSBL_ZONES_MAX];
    size_t count = read_rows(zones, rows, list);
    for (size_t i = 0; i < zones->count; i++) {
        drop(zones->list[i]);
    }
    zones->count = count;
    for (size_t i = 0; i < count; i++)
        zones->list[i] = list[i];
    zones->loaded = true;
    zones->version = version;
}

void dnsbl_zones_init(struct dnsbl_zones *zones, struct event_base *base, struct resolver *resolver)
{
    *zones = (struct dnsbl_zones){.resolver = resolver};
    fault_register(&bad_row, 1, "emailgency_policyd_errors_total");
    loop_timer_init(&zones->timer, base, on_tick, zones);
}

void dnsbl_zones_finish(struct dnsbl_zones *zones)
{
    for (size_t i = 0; i < zones->count; i++)
        drop(zones->list[i]);
    zones->count = 0;
    loop_timer_finish(&zones->timer);
}
