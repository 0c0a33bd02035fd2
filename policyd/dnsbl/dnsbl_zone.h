// SPDX-License-Identifier: BSD-2-Clause
// One DNS list: its row, and what this process knows of it: whether it behaves, until when that is proved,
// its counters.
#ifndef POLICYD_DNSBL_DNSBL_ZONE_H
#define POLICYD_DNSBL_DNSBL_ZONE_H

#include "base/counter.h"
#include "directory/directory.h"
#include "dns/dns_name.h"
#include "policyd/dnsbl/dnsbl_health.h"
#include "policyd/dnsbl/dnsbl_replies.h"
#include "resolver/resolver.h"

#define DNSBL_PROOF_MS INT64_C(60000) // how long a sentinel's answer is believed

enum dnsbl_family { DNSBL_IPV4, DNSBL_IPV6, DNSBL_FAMILIES };

enum dnsbl_counter { DNSBL_QUERIES, DNSBL_LISTINGS, DNSBL_FAILURES, DNSBL_CUT_OUT, DNSBL_COUNTERS };

struct dnsbl_zones;

struct dnsbl_zone {
    struct dnsbl_zones *zones;                                           // NULL once its row is gone
    void (*on_change)(struct dnsbl_zone *zone, enum dnsbl_state before); // of the state; not without `zones`
    char name[DNS_NAME_MAX + 1];
    int64_t weight;
    bool allow;
    struct dnsbl_replies replies;
    struct dnsbl_health health;
    int64_t proved_until[DNSBL_FAMILIES]; // clock_mono_ms; 0 where it is not
    enum dnsbl_family suspect;            // which sentinel a re-check asks for
    struct resolver_query *recheck;
    unsigned holders;
    struct counter counters[DNSBL_COUNTERS]; // not registered
};

// The name of a row's zone and which replies count. Returns NULL, or a word for what cannot be read.
const char *dnsbl_zone_read(const struct dnsbl_row *row, char name[DNS_NAME_MAX + 1],
                            struct dnsbl_replies *replies);

// Held by the caller. `name` is folded. Returns NULL only without memory.
struct dnsbl_zone *dnsbl_zone_create(const char *name);
struct dnsbl_zone *dnsbl_zone_hold(struct dnsbl_zone *zone);
void dnsbl_zone_release(struct dnsbl_zone *zone);

// Takes part in decisions.
bool dnsbl_zone_usable(const struct dnsbl_zone *zone);

// Whether the sentinel of that family was not listed within the last DNSBL_PROOF_MS.
bool dnsbl_zone_proved(const struct dnsbl_zone *zone, enum dnsbl_family family);

// What an answer to a question about a client says: DNSBL_REPLY_ERROR where nothing counts and one reply is
// an error code.
enum dnsbl_reply dnsbl_zone_judge(const struct dnsbl_zone *zone, const struct dns_answer *answer);

// Writes "labels.zone" for a question about an address (ip_reversed).
#define DNSBL_QUESTION_MAX (IP_REVERSED_MAX + DNS_NAME_MAX + 2)
void dnsbl_zone_question(const struct dnsbl_zone *zone, const char *labels, char out[DNSBL_QUESTION_MAX]);

// Asks for the address that no list may have (RFC 5782 section 5), past the cache.
struct resolver_query *dnsbl_zone_ask_sentinel(const struct dnsbl_zone *zone, struct resolver *resolver,
                                               enum dnsbl_family family, resolver_callback callback,
                                               void *arg);

// Takes the sentinel's answer: DNSBL_RECHECKED proves the list, DNSBL_LISTS_ALL cuts it out; DNSBL_NO_ANSWER
// and DNSBL_REFUSED prove nothing and change nothing.
enum dnsbl_event dnsbl_zone_take_sentinel(struct dnsbl_zone *zone, enum dnsbl_family family,
                                          const struct dns_answer *answer);

// Counts what came of asking, and logs it where it changes the state.
void dnsbl_zone_note(struct dnsbl_zone *zone, enum dnsbl_event event);

#endif
