// SPDX-License-Identifier: BSD-2-Clause
// Which row names an address: the walk user+extension, user, catch-all that Postfix makes for its own tables
// (virtual(5), TABLE SEARCH ORDER) and does not make for a socketmap.
#ifndef DIRECTORY_RECIPIENT_H
#define DIRECTORY_RECIPIENT_H

#include "base/address.h"
#include "directory/directory.h"

#define RECIPIENT_TARGETS_MAX 1001 // of one alias; one more than an expansion may have, so that it shows

// What of a domain's row the fate of its addresses depends on.
struct recipient_domain {
    struct slice name; // the domain's own, whatever name was asked; valid as long as the snapshot
    bool catchall;
    bool verified; // addresses that no row names are asked for at the customer's server
    bool relayed;  // the customer's server gets a copy
    bool stored;   // the mail store gets a copy
};

// What `row` says of that.
struct recipient_domain recipient_domain_of(const struct domain_row *row);

// The domain that `name`, in lower case, stands for.
enum directory_rc recipient_domain(const struct directory_snapshot *rows, struct slice name,
                                   struct recipient_domain *out) __attribute__((warn_unused_result));

enum recipient_kind {
    RECIPIENT_UNKNOWN,
    RECIPIENT_ALIAS, // also where a mailbox has the same address: what the alias says counts
    RECIPIENT_MAILBOX,
    RECIPIENT_CANDIDATE,
    RECIPIENT_CATCHALL,
    RECIPIENT_VERIFIED, // exists if the customer's server says so
};

struct recipient {
    enum recipient_kind kind;
    struct slice mailbox;      // address of the mailbox' row, also beside an alias; else empty
    char row[ADDRESS_MAX + 1]; // the address that the row has; of RECIPIENT_ALIAS
    size_t target_count;       // of RECIPIENT_ALIAS
    struct slice targets[RECIPIENT_TARGETS_MAX];
};

// Finds `local`, folded, at the domain. Returns DIRECTORY_OK, also with RECIPIENT_UNKNOWN, or
// DIRECTORY_UNAVAILABLE.
enum directory_rc recipient_find(const struct directory_snapshot *rows, struct slice local,
                                 const struct recipient_domain *domain, struct recipient *out)
    __attribute__((warn_unused_result));

// The first of Postfix's recipient_delimiter, which parts a user from an extension; NUL: there is none.
char recipient_delimiter(const struct directory_snapshot *rows);

// The local part without its extension, folded; false where it has none. As Postfix splits
// (src/global/split_addr.c): at the first of `delimiters` that is not its first byte, and never
// mailer-daemon, owner-list or list-request.
bool recipient_base(struct slice local, struct slice delimiters, char out[ADDRESS_MAX + 1]);

#endif
