// SPDX-License-Identifier: BSD-2-Clause
// Times of log lines. The traditional format (RFC 3164 section 4.1.2) has neither year nor time zone: they
// are of this machine and of the year in which the time is nearest to that of the reader, no more than a day
// ahead of it. The hour that occurs twice when summer time ends is taken so that times do not go back.
#ifndef TRACKER_PARSE_LOG_CLOCK_H
#define TRACKER_PARSE_LOG_CLOCK_H

#include "base/slice.h"

#include <stdint.h>

struct log_clock {
    int64_t now;  // clock_wall of the reader
    int64_t last; // microseconds since 1970, of the last line
    // The hour that was converted last, and its start; lines of one hour are many.
    char hour[9]; // "Nov 29 14"
    bool has_hour;
    int64_t hour_start;
};

// Reads "Nov 29 14:13:28 " off `*rest`. Returns microseconds since 1970, -1: it is no such time.
int64_t log_clock_traditional(struct log_clock *clock, struct slice *rest);

// Reads "2026-11-29T14:13:28.123456+01:00 " (RFC 5424 section 6.2.3, ISO 8601); fraction and zone, which is
// UTC if it is "Z", may be missing. Likewise.
int64_t log_clock_iso(struct log_clock *clock, struct slice *rest);

#endif
