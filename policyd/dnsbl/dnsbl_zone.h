// SPDX-License-Identifier: BSD-2-Clause
// One DNS list: its row, its health, the time of its last good test, its counters.
#ifndef POLICYD_DNSBL_DNSBL_ZONE_H
#define POLICYD_DNSBL_DNSBL_ZONE_H

#include "base/counter.h"
#include "directory/directory.h"
#include "dns/dns_name.h"
#include "policyd/dnsbl/dnsbl_health.h"
#include "policyd/dnsbl/dnsbl_replies.h"
#include "resolver/resolver.h"

#define DNSBL_TEST_OK_MS INT64_C(60000) // how long the answer to a test entry is valid

enum dnsbl_family { DNSBL_IPV4, DNSBL_IPV6, DNSBL_FAMILIES };

enum dnsbl_counter {
    DNSBL_COUNT_QUERIES,
    DNSBL_COUNT_LISTED,
    DNSBL_COUNT_FAILURES,
    DNSBL_COUNT_CUT_OUT,
    DNSBL_COUNTERS
};

struct dnsbl_zones;

struct dnsbl_zone {
    struct dnsbl_zones *zones;                                           // NULL after its row was deleted
    void (*on_change)(struct dnsbl_zone *zone, enum dnsbl_state before); // of the state; only with `zones`
    char name[DNS_NAME_MAX + 1];
    int64_t weight;
    bool allow;
    struct dnsbl_replies replies;
    struct dnsbl_health health;
    int64_t test_ok_until[DNSBL_FAMILIES]; // clock_mono_ms; 0: not tested, or failed
    enum dnsbl_family suspect;             // whose test entry a re-check asks for
    struct resolver_query *recheck;
    unsigned holders;
    struct counter counters[DNSBL_COUNTERS]; // not registered
};

// Reads a row's zone name and the replies that count. Returns NULL, or the problem in a word, such as
// "malformed-zone".
const char *dnsbl_zone_read(const struct dnsbl_row *row, char name[DNS_NAME_MAX + 1],
                            struct dnsbl_replies *replies);

// Held by the caller. `name` is folded. Returns NULL only if out of memory.
struct dnsbl_zone *dnsbl_zone_create(const char *name);
struct dnsbl_zone *dnsbl_zone_hold(struct dnsbl_zone *zone);
void dnsbl_zone_release(struct dnsbl_zone *zone);

// Returns whether the list is used in decisions.
bool dnsbl_zone_usable(const struct dnsbl_zone *zone);

// Returns whether the test entry of that family was found not listed within the last DNSBL_TEST_OK_MS.
bool dnsbl_zone_test_ok(const struct dnsbl_zone *zone, enum dnsbl_family family);

// The meaning of an answer to a query for a client: DNSBL_REPLY_ERROR if no reply counts and one is an error
// code.
enum dnsbl_reply dnsbl_zone_judge(const struct dnsbl_zone *zone, const struct dns_answer *answer);

// Writes "labels.zone", the name to query for an address (ip_reversed).
#define DNSBL_QUESTION_MAX (IP_REVERSED_MAX + DNS_NAME_MAX + 2)
void dnsbl_zone_question(const struct dnsbl_zone *zone, const char *labels, char out[DNSBL_QUESTION_MAX]);

// Queries the test entry, an address that no list may contain (RFC 5782 section 5); bypasses the cache.
struct resolver_query *dnsbl_zone_ask_test_entry(const struct dnsbl_zone *zone, struct resolver *resolver,
                                                 enum dnsbl_family family, resolver_callback callback,
                                                 void *arg);

// Handles the answer: after DNSBL_EVENT_TEST_OK listings count, DNSBL_EVENT_LISTS_ALL leaves the list out;
// DNSBL_EVENT_NO_ANSWER
// and DNSBL_EVENT_REFUSED change nothing.
enum dnsbl_event dnsbl_zone_take_test_entry(struct dnsbl_zone *zone, enum dnsbl_family family,
                                            const struct dns_answer *answer);

// Counts the outcome of a query, and logs a change of state.
void dnsbl_zone_note(struct dnsbl_zone *zone, enum dnsbl_event event);

#endif
