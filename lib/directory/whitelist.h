// SPDX-License-Identifier: BSD-2-Clause
// Match of a sender or a sending server against a domain's white list.
#ifndef DIRECTORY_WHITELIST_H
#define DIRECTORY_WHITELIST_H

#include "base/address.h"
#include "directory/directory.h"

#define WHITELIST_ENTRY_MAX (ADDRESS_MAX + 1)

// `domain` is folded and is the domain that owns the entries. `sender` is a folded address or empty; `client`
// may be NULL; `client_name` is folded, confirmed forward and back, or "unknown". With true, `entry` holds
// the entry as the admin wrote it, folded; with false it is empty. The most exact entry wins: address,
// domain, below a domain (the nearest), IP address or range, host, below a host. An address entry also
// matches the sender with BATV or a "+extension" about it, as the admin cannot know those. The null sender
// matches no sender entry, and "unknown" no host entry. Of a name of more than 16 labels the last 16 are
// looked at.
bool whitelist_match(const struct directory_snapshot *rows, struct slice domain, struct slice sender,
                     const struct ip *client, struct slice client_name, char entry[WHITELIST_ENTRY_MAX]);

#endif
