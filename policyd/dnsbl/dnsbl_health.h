// SPDX-License-Identifier: BSD-2-Clause
// When a DNS list is cut out, and when it is tried again. Pure; times are milliseconds of clock_mono_ms.
#ifndef POLICYD_DNSBL_DNSBL_HEALTH_H
#define POLICYD_DNSBL_DNSBL_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define DNSBL_FAILURES_MAX 5 // in a row
#define DNSBL_PAUSE_MS INT64_C(60000)
#define DNSBL_PAUSE_MAX_MS INT64_C(900000)

enum dnsbl_state {
    DNSBL_GOOD,
    DNSBL_SILENT,   // cut out: it gave no answer
    DNSBL_REFUSING, // cut out: it answered with error codes
    DNSBL_WILD      // cut out: it lists the address that no list may have (RFC 5782 section 5)
};

enum dnsbl_event {
    DNSBL_ANSWERED,  // it answered about a client
    DNSBL_NO_ANSWER, // to mail, or to a re-check
    DNSBL_REFUSED,   // the same
    DNSBL_LISTS_ALL, // its sentinel is listed
    DNSBL_RECHECKED, // a re-check found it in order
};

// All zero is a list in order.
struct dnsbl_health {
    enum dnsbl_state state;
    unsigned failures;
    int64_t pause_ms, due_ms;
};

// Returns whether the state changed. What came of questions to mail that were still under way when the list
// was cut out does not count.
bool dnsbl_health_note(struct dnsbl_health *health, enum dnsbl_event event, int64_t now);

// Whether a list that is cut out should be tried now: after a minute, then after twice as long each time up
// to a quarter of an hour; one that lists everything each minute.
bool dnsbl_health_due(const struct dnsbl_health *health, int64_t now);

// Something else shows that DNS works again: a list that was silent is due at once.
void dnsbl_health_hurry(struct dnsbl_health *health, int64_t now);

#endif
