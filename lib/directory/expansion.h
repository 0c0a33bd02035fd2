// SPDX-License-Identifier: BSD-2-Clause
// The final addresses of the mail of one address: aliases are followed within the snapshot, each address is
// visited once, so that loops end, and addresses that lead nowhere are left out. The targets of an alias get
// the extension of the address that was asked for (recipient_extend). An alias that is reached from itself
// with more of an extension is not followed again, so that "x" to "x+a" ends too. Rows of a customer set how
// far all that is, so the work has a bound of its own.
#ifndef DIRECTORY_EXPANSION_H
#define DIRECTORY_EXPANSION_H

#include "directory/recipient.h"

// Addresses of one expansion, aliases on the way included; Postfix's virtual_alias_expansion_limit.
#define EXPANSION_MAX 1000
// Addresses visited, targets looked at, steps back along the way and collisions in the index, in all: aliases
// that name each other have few addresses and many targets.
#define EXPANSION_STEPS_MAX 5000
#define EXPANSION_TEXT_MAX 100000 // bytes of targets with an extension put to them; a reply of a socketmap
#define EXPANSION_FEW 16          // items that are found without the index
#define EXPANSION_SLOTS 2048      // of the index; a power of two, and twice the items

struct expansion_item {
    struct slice local;             // as it was asked for, or the alias' target; extension included
    struct recipient_domain domain; // of an address elsewhere only `name`
    struct domain_row row;          // of a known domain
    bool known;                     // the domain is one of this service
    bool end;                       // mail ends here, not at further targets alone
    enum recipient_kind kind;
    struct slice user, extension, mailbox; // as in struct recipient
    size_t from;                           // the item that led here; the first one's is its own
};

enum expansion_rc {
    EXPANSION_OK,
    EXPANSION_UNKNOWN_DOMAIN,
    EXPANSION_TOO_MANY,   // more than EXPANSION_MAX or EXPANSION_STEPS_MAX; `out` holds the items seen so far
    EXPANSION_UNREADABLE, // a row in it is broken
};

// Only the used items are initialized.
struct expansion {
    enum expansion_rc rc; // as it was returned
    size_t count, text_len;
    unsigned steps;
    struct recipient found; // the one in hand
    char text[EXPANSION_TEXT_MAX];
    struct expansion_item items[EXPANSION_MAX]; // the first is the address itself
    uint16_t slots[EXPANSION_SLOTS];            // with more than EXPANSION_FEW items: their numbers from 1
};

// Expands local@domain, both folded; they must live as long as `out` is read.
enum expansion_rc expansion_make(const struct directory_snapshot *rows, struct slice local,
                                 struct slice domain, struct expansion *out)
    __attribute__((warn_unused_result));

// The same for a known domain whose row the caller has.
enum expansion_rc expansion_make_at(const struct directory_snapshot *rows, struct slice local,
                                    const struct domain_row *domain, struct expansion *out)
    __attribute__((warn_unused_result));

// Returns whether mail of the address arrives anywhere.
bool expansion_arrives(const struct expansion *expansion);

// False where no alias row can have the address, so that it leads to no other: one look-up, for callers that
// would expand for nothing.
bool expansion_may_lead_on(const struct directory_snapshot *rows, struct slice local,
                           const struct domain_row *domain);

#define EXPANSION_DOMAINS_MAX 16 // distinguished from each other

// A walk over the known domains, other than that of the address itself, that its mail gets to. Their rows
// apply, too: an alias of one customer must be no way round the settings of another.
struct expansion_domains {
    const struct expansion_item *item; // an address at the domain
    bool repeated;                     // as that of an item before it
    bool crowded;                      // beyond EXPANSION_DOMAINS_MAX, where it may be repeated all the same
    size_t next, count;
    struct slice names[EXPANSION_DOMAINS_MAX];
};

// Begins with all of `domains` zero. Steps to the next address at such a domain; false: there is no more.
bool expansion_next_domain(const struct expansion *expansion, struct expansion_domains *domains);

#endif
