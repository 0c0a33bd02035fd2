// SPDX-License-Identifier: BSD-2-Clause
// The kind of a message at the round-trip address: a probe that came back, by whatever part of it a forwarder
// has kept, or something else. A function of its arguments.
#ifndef NOTIFIER_ROUNDTRIP_ROUND_TRIP_ARRIVAL_H
#define NOTIFIER_ROUNDTRIP_ROUND_TRIP_ARRIVAL_H

#include "notifier/lmtp/lmtp_dialogue.h"
#include "notifier/token/probe_token.h"

#define ROUND_TRIP_HOPS_MAX 30 // fields Received; Postfix itself stops at hopcount_limit, 50

enum round_trip_arrival {
    ROUND_TRIP_ARRIVED,   // a probe
    ROUND_TRIP_RETURNED,  // a bounce of one, or an automatic reply to one
    ROUND_TRIP_LOOPED,    // went through too many hosts, whatever it is
    ROUND_TRIP_FORGED,    // a token that neither key has signed
    ROUND_TRIP_OLD,       // a token that is older than any pending probe
    ROUND_TRIP_OTHER,     // no token
    ROUND_TRIP_UNCHECKED, // OpenSSL failed
    ROUND_TRIP_ARRIVALS
};

const char *round_trip_arrival_word(unsigned arrival);

// `dialogue` holds a whole message. `out` is written with ROUND_TRIP_ARRIVED and ROUND_TRIP_RETURNED.
enum round_trip_arrival round_trip_arrival_judge(const struct lmtp_dialogue *dialogue,
                                                 const struct probe_token_keys *keys, int64_t now,
                                                 struct probe_token *out) __attribute__((warn_unused_result));

#endif
