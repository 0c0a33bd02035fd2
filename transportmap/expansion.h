// SPDX-License-Identifier: BSD-2-Clause
// Where the mail of one address ends: aliases followed within the snapshot, each address visited once, so
// that loops end; what leads nowhere is left out. The targets of an alias get the extension of who was asked
// for (recipient_extend). An alias that is reached from itself with more of an extension is not followed
// again, so that "x" to "x+a" ends too.
#ifndef TRANSPORTMAP_EXPANSION_H
#define TRANSPORTMAP_EXPANSION_H

#include "directory/recipient.h"

// Addresses of one expansion, aliases on the way included; Postfix's virtual_alias_expansion_limit.
#define EXPANSION_MAX 1000
#define EXPANSION_TEXT_MAX 100000 // bytes of targets with an extension put to them; a reply of a socketmap

struct expansion_item {
    struct slice local;             // as it was asked for, or the alias' target; extension included
    struct recipient_domain domain; // of an address elsewhere only `name`
    bool ours;
    bool end; // mail ends here, not at further targets alone
    enum recipient_kind kind;
    struct slice user, extension, mailbox; // as in struct recipient
    size_t from;                           // the item that led here; the first one's is its own
};

struct expansion {
    size_t count, text_len;
    struct recipient found; // the one in hand
    char text[EXPANSION_TEXT_MAX];
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
