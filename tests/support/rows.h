// SPDX-License-Identifier: BSD-2-Clause
// Makes a replica from a few lines of text, so that a test shows the rows it is about:
//
//   # kind, key, then column=value; what is not named has the database's default, "null" is null
//   setting greylist_delay value=120
//   setting trusted_networks value="192.0.2.0/24 2001:db8::/32"
//   plan basic
//   domain example.com stealth=true greylisting=all
//   domain_alias example.net domain=example.com
//   mailbox user@example.com smtp_deny=true max_message_size=5000
//   alias info@example.com user@example.com
//   whitelist example.com 192.0.2.0/24
//   dnsbl bl.example weight=2 replies=127.0.0.2-11
//
// A mailbox' domain is that of its address.
#ifndef ROWS_H
#define ROWS_H

#include "directory/replica_writer.h"

// Replaces what the replica in the folder `path` (made where it is missing) holds by the rows in `text`.
// Returns false with a human-readable message in `problem`. Do not call it while this process has a
// directory open there: LMDB allows one handle per process.
bool rows_load(const char *path, const char *text, struct problem *problem);

// Returns whether one line is a row that a replica takes; if not, why is in `problem`.
bool rows_check(struct slice text, struct problem *problem);

// Puts the rows into a pending transaction.
bool rows_put(struct replica_writer *writer, const char *text, struct problem *problem);

#endif
