// SPDX-License-Identifier: BSD-2-Clause
// The row that names an address: the walk user+extension, user, catch-all that Postfix makes for its own
// tables (virtual(5), TABLE SEARCH ORDER) and does not make for a socketmap.
//
// Postfix splits an address at its first delimiter alone (src/global/split_addr.c). Rows may hold delimiters
// of their own and belong to different persons, so the most specific row wins.
//   1. the whole local part
//   2. without the BATV tag of this service (base/batv_tag.h)
//   3. the part before each delimiter that is not the first byte, the longest first
// "a+b+c+d" is that of the row "a+b+c+d", else "a+b+c", else "a+b", else "a". Step 3 tries the first
// RECIPIENT_SPLITS_MAX delimiters, so that "+++++…" costs no more: a row that holds more is found by its own
// address and by that with our tag. As Postfix does, it leaves mailer-daemon, double-bounce and, with "-"
// among the delimiters, owner-list and list-request whole.
#ifndef DIRECTORY_RECIPIENT_H
#define DIRECTORY_RECIPIENT_H

#include "base/address.h"
#include "directory/directory.h"

#define RECIPIENT_SPLITS_MAX 8
#define RECIPIENT_TARGETS_MAX 1001 // of one alias; one more than an expansion may have, so that it shows

// The columns of a domain's row that apply to its addresses.
struct recipient_domain {
    struct slice name; // the domain's own, whatever name was asked; valid as long as the snapshot
    bool catchall;
    bool verified; // addresses that no row names are asked for at the customer's server
    bool relayed;  // the customer's server gets a copy
    bool stored;   // the mail store gets a copy
};

// Those columns of `row`.
struct recipient_domain recipient_domain_of(const struct domain_row *row);

// The domain that `name`, in lower case, is a name of.
enum directory_rc recipient_domain(const struct directory_snapshot *rows, struct slice name,
                                   struct recipient_domain *out) __attribute__((warn_unused_result));

enum recipient_kind {
    RECIPIENT_UNKNOWN, // also if a mailbox has the address and is blocked
    RECIPIENT_ALIAS,   // also if a mailbox has the same address: the alias applies
    RECIPIENT_MAILBOX,
    RECIPIENT_CANDIDATE,
    RECIPIENT_CATCHALL,
    RECIPIENT_VERIFIED, // exists if the customer's server says so
};

struct recipient {
    enum recipient_kind kind;
    // Parts of the local part that was asked for, as they are in it but without the quotes around it. A
    // local part that no row names is one user, whole: two addresses are the same user only by a row.
    struct slice user;         // the part that the row names; without a row all but the tag of this service
    struct slice extension;    // the part after it, with its delimiter and without that tag; or empty
    struct slice mailbox;      // address of the mailbox' row, also beside an alias; else empty
    char row[ADDRESS_MAX + 1]; // the address that the row has; of RECIPIENT_ALIAS
    size_t target_count;       // of RECIPIENT_ALIAS
    struct slice targets[RECIPIENT_TARGETS_MAX];
};

// Finds `local`, folded, at the domain; `local` must live as long as `out` is read. Returns DIRECTORY_OK,
// also with RECIPIENT_UNKNOWN, or DIRECTORY_UNAVAILABLE.
enum directory_rc recipient_find(const struct directory_snapshot *rows, struct slice local,
                                 const struct recipient_domain *domain, struct recipient *out)
    __attribute__((warn_unused_result));

// The first of Postfix's recipient_delimiter, which parts a user from an extension; NUL: there is none.
char recipient_delimiter(const struct directory_snapshot *rows);

// The shortest part of the local part that steps 2 and 3 try, folded; false where they try none.
bool recipient_base(struct slice local, struct slice delimiters, char out[ADDRESS_MAX + 1]);

// Writes `target`, a folded address, with the extension of the address that was asked for before its "@", as
// Postfix does (src/global/mail_addr_crunch.c; "virtual" in propagate_unmatched_extensions): "anna@d" and
// "+x" are "anna+x@d", "anna+a@d" and "+x" are "anna+a+x@d". Folded; false, and empty, where that is too long
// for an address.
bool recipient_extend(struct slice target, struct slice extension, char out[ADDRESS_MAX + 1])
    __attribute__((warn_unused_result));

#endif
