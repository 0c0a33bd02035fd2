// SPDX-License-Identifier: BSD-2-Clause
// The answer to a DNS question: its records, bounded, or why there are none.
#ifndef DNS_DNS_ANSWER_H
#define DNS_DNS_ANSWER_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum dns_type { DNS_TYPE_A = 1, DNS_TYPE_PTR = 12, DNS_TYPE_MX = 15, DNS_TYPE_TXT = 16, DNS_TYPE_AAAA = 28 };

enum dns_rc {
    DNS_FOUND,
    DNS_NONE,    // NXDOMAIN or no such record
    DNS_FAILED,  // SERVFAIL, a broken answer, no server
    DNS_TIMEOUT, // the deadline passed
};

#define DNS_RECORDS_MAX 128
#define DNS_TEXT_MAX 4097

struct dns_answer {
    enum dns_rc rc;
    unsigned count;                     // records in `data`, at most DNS_RECORDS_MAX
    bool truncated;                     // there were more records than are kept: over that number, or
                                        // more than 32 KB
    struct slice data[DNS_RECORDS_MAX]; // rdata as on the wire, names in it uncompressed; of TXT the
                                        // strings joined, cut at DNS_TEXT_MAX
    int64_t ttl;                        // seconds that are left
};

#endif
