// SPDX-License-Identifier: BSD-2-Clause
// Where the mail of one address ends: aliases followed within the snapshot, each address visited once, so
// that loops end; what leads nowhere is left out.
#ifndef TRANSPORTMAP_EXPANSION_H
#define TRANSPORTMAP_EXPANSION_H

#include "directory/recipient.h"

// Addresses of one expansion, aliases on the way included; Postfix's virtual_alias_expansion_limit.
#define EXPANSION_MAX 1000

struct expansion_item {
    struct slice local;             // as it was asked for or stands in the alias' row, extension included
    struct recipient_domain domain; // of an address elsewhere only `name`
    bool ours;
    bool end; // mail ends here, not at further targets alone
    enum recipient_kind kind;
    struct slice mailbox; // as in struct recipient
};

struct expansion {
    size_t count;
    struct recipient found;                     // the one in hand
    struct expansion_item items[EXPANSION_MAX]; // the first is what was asked for
};

enum expansion_rc {
    EXPANSION_OK,
    EXPANSION_NOT_OURS,
    EXPANSION_TOO_MANY,   // more than EXPANSION_MAX
    EXPANSION_UNREADABLE, // a row in it is broken
};

// Expands local@domain, both folded; they must live as long as `out` is read.
enum expansion_rc expansion_make(const struct directory_snapshot *rows, struct slice local,
                                 struct slice domain, struct expansion *out)
    __attribute__((warn_unused_result));

// Whether mail of the address arrives anywhere.
bool expansion_arrives(const struct expansion *expansion);

#endif
