// SPDX-License-Identifier: BSD-2-Clause
// Reading a log line from its start. Each function takes what it finds off `*rest`; where it returns false
// `*rest` is as it was. What a remote client chose may be anywhere in a line: addresses are read with their
// quoted strings (RFC 5321 section 4.1.2), so that ">, relay=" within quotes ends nothing.
#ifndef TRACKER_PARSE_LINE_SCAN_H
#define TRACKER_PARSE_LINE_SCAN_H

#include "base/slice.h"

#include <stdint.h>

bool line_scan_word(struct slice *rest, struct slice literal);

// The bytes before `separator`, which is taken off too.
bool line_scan_until(struct slice *rest, struct slice separator, struct slice *out);

// "<address>": the part between the brackets.
bool line_scan_address(struct slice *rest, struct slice *out);

// "name[address]" with an optional ":port", as Postfix names a client or a server. `name` may not have a
// bracket and is empty in "[address]:port" of postscreen(8); `address` is empty where there is none.
bool line_scan_peer(struct slice *rest, struct slice *name, struct slice *address);

// A queue id, short or long, and ": " (Postfix src/global/mail_queue.h).
bool line_scan_queue_id(struct slice *rest, struct slice *out);
bool line_scan_is_queue_id(struct slice text);

// A decimal number, not above `most`. Any local user can write to a log, and a number that does not fit its
// column would have the database refuse its batch for ever.
bool line_scan_number(struct slice *rest, int64_t most, int64_t *out);

// Bytes of a message, not above 1 TB.
bool line_scan_size(struct slice *rest, int64_t *out);

// Seconds with an optional fraction: "0.52"; not above 10,000,000,000.
bool line_scan_seconds(struct slice *rest, double *out);

#endif
