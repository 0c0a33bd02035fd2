// SPDX-License-Identifier: BSD-2-Clause
// The replies of a DNS list that count (dnsbl.replies).
#ifndef POLICYD_DNSBL_DNSBL_REPLIES_H
#define POLICYD_DNSBL_DNSBL_REPLIES_H

#include "base/slice.h"

#include <stdint.h>

#define DNSBL_PATTERNS_MAX 32

// An address matches if each of its octets is in the pattern's set for that octet.
struct dnsbl_pattern {
    uint64_t octets[4][4];
};

struct dnsbl_replies {
    unsigned count; // 0: none were chosen
    struct dnsbl_pattern patterns[DNSBL_PATTERNS_MAX];
};

enum dnsbl_reply {
    DNSBL_REPLY_COUNTS,
    DNSBL_REPLY_OTHER, // not one of those chosen, or outside 127.0.0.0/8, which no list returns (RFC 5782
                       // section 2.1)
    DNSBL_REPLY_ERROR, // the list refuses to serve this client
};

// Items separated by blanks or commas: "127.0.0.2", "127.0.0.2-11", "127.0.[0..255].[1;3..5]" (as in
// postscreen_dnsbl_sites, postconf(5)), and of 127.0.0.x the last octet alone, "2" or "2-11". An empty text
// chooses none. Returns false if the text is malformed or has too many items.
bool dnsbl_replies_parse(struct slice text, struct dnsbl_replies *out) __attribute__((warn_unused_result));

// 127.255.255.x is an error code of any list, 127.0.0.255 one of an `allow` list; neither ever counts. If
// none were chosen all of 127.0.0.0/8 counts except 127.0.0.1, which lists use to refuse a query and which a
// wildcard for parked domains returns.
enum dnsbl_reply dnsbl_replies_judge(const struct dnsbl_replies *replies, bool allow,
                                     const uint8_t address[4]);

#endif
