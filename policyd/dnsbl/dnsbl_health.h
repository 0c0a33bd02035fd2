// SPDX-License-Identifier: BSD-2-Clause
// Health of a DNS list: when it is left out of decisions and when it is tried again. Pure; times are
// milliseconds of clock_mono_ms.
#ifndef POLICYD_DNSBL_DNSBL_HEALTH_H
#define POLICYD_DNSBL_DNSBL_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define DNSBL_FAILURES_MAX 5 // in a row
#define DNSBL_PAUSE_MS INT64_C(60000)
#define DNSBL_PAUSE_MAX_MS INT64_C(900000)

enum dnsbl_state {
    DNSBL_STATE_GOOD,
    DNSBL_STATE_SILENT,   // left out: it gave no answer
    DNSBL_STATE_REFUSING, // left out: it answered with error codes
    DNSBL_STATE_LISTS_ALL // left out: it lists the address that no list may have (RFC 5782 section 5)
};

enum dnsbl_event {
    DNSBL_EVENT_ANSWERED,  // it answered a query for a client
    DNSBL_EVENT_NO_ANSWER, // to a query for a client, or to a re-check
    DNSBL_EVENT_REFUSED,   // likewise
    DNSBL_EVENT_LISTS_ALL, // its test entry is listed
    DNSBL_EVENT_TEST_OK,   // a re-check found its test entry as it should be
};

// All zero: the list is healthy.
struct dnsbl_health {
    enum dnsbl_state state;
    unsigned failures;
    int64_t pause_ms, due_ms;
};

// The names of the states as table dnsbl_health has them.
const char *dnsbl_state_name(enum dnsbl_state state);

// Returns whether the state changed. Results of queries for clients that were pending when the list was left
// out do not count.
bool dnsbl_health_note(struct dnsbl_health *health, enum dnsbl_event event, int64_t now);

// Returns whether a list that is left out is due for a re-check: after a minute, then after twice as long
// each time, up to 15 minutes; one that lists everything every minute.
bool dnsbl_health_due(const struct dnsbl_health *health, int64_t now);

// Another list shows that DNS works again: a silent list is due at once.
void dnsbl_health_retry_now(struct dnsbl_health *health, int64_t now);

#endif
