// SPDX-License-Identifier: BSD-2-Clause
// The SQL of greylisting.
#ifndef POLICYD_GREYLIST_GREYLIST_STATEMENT_H
#define POLICYD_GREYLIST_GREYLIST_STATEMENT_H

// $1 clients, $2 senders, $3 recipients (text[]); $4 delay, $5 window, $6 lifetime (seconds); $7 and $8 the
// passes that make an unnamed and a named client trusted. Returns client, sender, recipient, passed, state:
// "new", "passed" (by this attempt), "known"; and for a trusted client one row with sender and recipient
// empty.
extern const char greylist_record_sql[];

// $1 clients (text[]), each of which has passed once more; $2 seconds between passes that count.
extern const char greylist_pass_sql[];

#endif
