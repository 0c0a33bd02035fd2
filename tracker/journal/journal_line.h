// SPDX-License-Identifier: BSD-2-Clause
// An entry of the journal as a line of a log: "2026-11-29T14:00:00.123456Z - postfix/smtpd[9]: text".
#ifndef TRACKER_JOURNAL_JOURNAL_LINE_H
#define TRACKER_JOURNAL_JOURNAL_LINE_H

#include "tracker/follow/log_file.h"

enum { JOURNAL_LINE_MAX = LOG_FILE_LINE_MAX + 512 };

struct journal_entry {
    int64_t time; // microseconds since 1970
    struct slice identifier, pid, message;
};

// Any local program may write any bytes into the journal: blanks and brackets of the identifier, and line
// feeds and zeroes of the message, become "?". A message is cut at LOG_FILE_LINE_MAX bytes.
struct slice journal_line_write(const struct journal_entry *entry, char out[JOURNAL_LINE_MAX]);

#endif
