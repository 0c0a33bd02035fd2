// SPDX-License-Identifier: BSD-2-Clause
// Whether a domain's white list names the sender or the sending server.
#ifndef POLICYD_WHITELIST_H
#define POLICYD_WHITELIST_H

#include "directory/directory.h"

#define WHITELIST_ENTRY_MAX 320

// `sender` is a folded address or empty; `client` may be NULL; `client_name` is folded, confirmed forward and
// back, or "unknown". With true, `entry` holds the entry as the admin wrote it. The most exact entry wins:
// address, domain, below a domain, IP address or range, host, below a host. The null sender matches no sender
// entry.
bool whitelist_match(const struct directory_snapshot *rows, struct slice domain, struct slice sender,
                     const struct ip *client, struct slice client_name, char entry[WHITELIST_ENTRY_MAX]);

#endif
