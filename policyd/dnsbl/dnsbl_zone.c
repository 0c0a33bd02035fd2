// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/dnsbl/dnsbl_zone.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

// RFC 5782 section 5: the addresses that a list MUST NOT contain, 127.0.0.1 and ::FFFF:7F00:1.
static const char *const test_entries[DNSBL_FAMILIES] = {
    "1.0.0.127", "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"};

static const struct counter counter_forms[DNSBL_COUNTERS] = {
    {.name = "emailgency_policyd_dnsbl_queries_total",
     .help = "Clients looked up in the DNS list, answers from the cache included.",
     .kind = COUNTER_TOTAL},
    {.name = "emailgency_policyd_dnsbl_listed_total",
     .help = "Clients found in the DNS list with a reply that counts.",
     .kind = COUNTER_TOTAL},
    {.name = "emailgency_policyd_dnsbl_failures_total",
     .help = "Queries that the DNS list refused or did not answer in time.",
     .kind = COUNTER_TOTAL},
    {.name = "emailgency_policyd_dnsbl_cut_out",
     .help =
         "1 while the DNS list is left out of decisions because it is silent, refuses or lists everything.",
     .kind = COUNTER_GAUGE},
};

static const char *const advice[] = {
    [DNSBL_STATE_GOOD] = "DNS list works again and is used",
    [DNSBL_STATE_SILENT] =
        "DNS list does not answer and is left out until it does; check its zone name and the DNS "
        "servers, or delete its row",
    [DNSBL_STATE_REFUSING] =
        "DNS list answers with error codes and is left out until it does not; ask through a "
        "resolver of your own or register with the list",
    [DNSBL_STATE_LISTS_ALL] =
        "DNS list lists every address and is left out until it does not; it may have closed: delete "
        "its row if so",
};

const char *dnsbl_zone_read(const struct dnsbl_row *row, char name[DNS_NAME_MAX + 1],
                            struct dnsbl_replies *replies)
{
    char text[DNS_NAME_MAX + 1];
    if (!slice_copy(row->zone, text, sizeof text) || !dns_name_fold(text, name))
        return "malformed-zone";
    return dnsbl_replies_parse(row->replies, replies) ? NULL : "malformed-replies";
}

struct dnsbl_zone *dnsbl_zone_create(const char *name)
{
    struct dnsbl_zone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return NULL;
    zone->holders = 1;
    snprintf(zone->name, sizeof zone->name, "%s", name);
    for (size_t i = 0; i < DNSBL_COUNTERS; i++) {
        zone->counters[i] = counter_forms[i];
        zone->counters[i].labels[0] = (struct counter_label){"zone", zone->name};
    }
    return zone;
}

void dnsbl_zone_note(struct dnsbl_zone *zone, enum dnsbl_event event)
{
    enum dnsbl_state before = zone->health.state;
    if (event == DNSBL_EVENT_NO_ANSWER || event == DNSBL_EVENT_REFUSED)
        counter_add(&zone->counters[DNSBL_COUNT_FAILURES], 1);
    if (!dnsbl_health_note(&zone->health, event, clock_mono_ms()) || !zone->zones)
        return;
    log_warn("%s zone=%s", advice[zone->health.state], log_value(slice_from(zone->name)).text);
    counter_set(&zone->counters[DNSBL_COUNT_CUT_OUT], dnsbl_zone_usable(zone) ? 0 : 1);
    zone->on_change(zone, before);
}

struct dnsbl_zone *dnsbl_zone_hold(struct dnsbl_zone *zone)
{
    zone->holders++;
    return zone;
}

void dnsbl_zone_release(struct dnsbl_zone *zone)
{
    if (--zone->holders == 0)
        free(zone);
}

bool dnsbl_zone_usable(const struct dnsbl_zone *zone)
{
    return zone->health.state == DNSBL_STATE_GOOD;
}

bool dnsbl_zone_test_ok(const struct dnsbl_zone *zone, enum dnsbl_family family)
{
    return clock_mono_ms() < zone->test_ok_until[family];
}

enum dnsbl_reply dnsbl_zone_judge(const struct dnsbl_zone *zone, const struct dns_answer *answer)
{
    enum dnsbl_reply verdict = DNSBL_REPLY_OTHER;
    for (unsigned i = 0; i < answer->count; i++) {
        enum dnsbl_reply reply =
            dnsbl_replies_judge(&zone->replies, zone->allow, (const uint8_t *)answer->data[i].ptr);
        if (reply == DNSBL_REPLY_COUNTS)
            return reply;
        if (reply == DNSBL_REPLY_ERROR)
            verdict = reply;
    }
    return verdict;
}

void dnsbl_zone_question(const struct dnsbl_zone *zone, const char *labels, char out[DNSBL_QUESTION_MAX])
{
    snprintf(out, DNSBL_QUESTION_MAX, "%s.%s", labels, zone->name);
}

struct resolver_query *dnsbl_zone_ask_test_entry(const struct dnsbl_zone *zone, struct resolver *resolver,
                                                 enum dnsbl_family family, resolver_callback callback,
                                                 void *arg)
{
    char question[DNSBL_QUESTION_MAX];
    dnsbl_zone_question(zone, test_entries[family], question);
    return resolver_refresh(resolver, question, DNS_TYPE_A, callback, arg);
}

// Any reply to the test entry except an error code is a listing, whatever `replies` says: a zone that was
// sold answers every name with the address of a web server.
static enum dnsbl_event judge_test_entry(const struct dnsbl_zone *zone, const struct dns_answer *answer)
{
    if (answer->rc == DNS_NONE)
        return DNSBL_EVENT_TEST_OK;
    if (answer->rc != DNS_FOUND)
        return DNSBL_EVENT_NO_ANSWER;
    return dnsbl_zone_judge(zone, answer) == DNSBL_REPLY_ERROR ? DNSBL_EVENT_REFUSED : DNSBL_EVENT_LISTS_ALL;
}

enum dnsbl_event dnsbl_zone_take_test_entry(struct dnsbl_zone *zone, enum dnsbl_family family,
                                            const struct dns_answer *answer)
{
    enum dnsbl_event event = judge_test_entry(zone, answer);
    if (event == DNSBL_EVENT_TEST_OK)
        zone->test_ok_until[family] = clock_mono_ms() + DNSBL_TEST_OK_MS;
    if (event == DNSBL_EVENT_LISTS_ALL) {
        zone->test_ok_until[family] = 0;
        zone->suspect = family;
        dnsbl_zone_note(zone, event);
    }
    return event;
}
