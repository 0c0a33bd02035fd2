// SPDX-License-Identifier: BSD-2-Clause
// Recipients whose bounces nobody wants: which changes of the envelope ask for none (NOTIFY=NEVER, RFC 3461).
//
// A milter cannot change a recipient's parameters; it adds recipients and deletes them. Postfix applies each
// change at once and keeps those that it has when the milter goes away, so the order is: first the recipient
// is added, then the one that it replaces is deleted. It is added with another spelling of its domain, as
// cleanup(8) deletes by the exact bytes of the address and drops what it adds where address, NOTIFY and ORCPT
// were there before, in any case (src/cleanup/cleanup_milter.c, cleanup_out_recipient.c). A recipient for
// which that is not certain is left as it is: it may bounce, and it is delivered.
#ifndef MILTER_DECIDE_NO_BOUNCE_H
#define MILTER_DECIDE_NO_BOUNCE_H

#include "base/address.h"

#define NO_BOUNCE_MAX 1000      // recipients of a message: a deletion reads the whole envelope again
#define NO_BOUNCE_ORCPT_MAX 500 // RFC 3461 section 4.2

// A RCPT that was accepted.
struct no_bounce_recipient {
    struct slice given;   // its address as the client wrote it, with or without angle brackets
    struct slice address; // what Postfix made of it
    struct slice notify;  // values of its parameters; empty: it has none
    struct slice orcpt;
    bool wanted; // a bounce is to be asked off
};

// The recipients of one message; all zero: none.
struct no_bounce {
    struct no_bounce_group *groups;
    size_t count;
    unsigned unsure; // wanted, of a form that is left as it is
    bool incomplete; // out of memory, or more than NO_BOUNCE_MAX: nothing is changed
};

// Notes a recipient. What Postfix may store with NOTIFY=NEVER counts too, whether it is wanted or not.
void no_bounce_note(struct no_bounce *recipients, const struct no_bounce_recipient *recipient);

// Forgets all.
void no_bounce_forget(struct no_bounce *recipients);

// Whether there is anything to ask.
bool no_bounce_wanted(const struct no_bounce *recipients);

struct no_bounce_edit {
    const char *add; // a path; NULL: its replacement was added before
    const char *parameters;
    const char *drop; // as cleanup(8) has to read it to find what the RCPT command stored
};

struct no_bounce_counts {
    unsigned asked, left; // addresses, each spelling by itself
};

// Calls `apply` for each edit in order, until it returns false. Returns what was applied and what was left.
struct no_bounce_counts no_bounce_edit(const struct no_bounce *recipients,
                                       bool (*apply)(void *arg, const struct no_bounce_edit *edit),
                                       void *arg);

#endif
