// SPDX-License-Identifier: BSD-2-Clause
// Envelope changes that request no bounces for a recipient (NOTIFY=NEVER, RFC 3461).
//
// A milter cannot change a recipient's parameters; it adds recipients and deletes them. Postfix applies each
// change at once and keeps those applied if the milter goes away, so the recipient is added first and the one
// that it replaces is deleted after. It is added with another spelling of its domain: cleanup(8) deletes by
// the exact bytes of the address, and drops an added recipient whose address, NOTIFY and ORCPT it already
// has, compared without case (src/cleanup/cleanup_milter.c, cleanup_out_recipient.c). A recipient for which
// the result is not certain is left unchanged: it is delivered, and may bounce.
#ifndef MILTER_DECIDE_NO_BOUNCE_H
#define MILTER_DECIDE_NO_BOUNCE_H

#include "base/address.h"

#define NO_BOUNCE_MAX 1000      // recipients per message: each deletion reads the whole envelope
#define NO_BOUNCE_ORCPT_MAX 500 // RFC 3461 section 4.2

// An accepted RCPT command.
struct no_bounce_recipient {
    struct slice given;   // address as the client wrote it, with or without angle brackets
    struct slice address; // as Postfix parsed it
    struct slice notify;  // value of the parameter; empty: none
    struct slice orcpt;
    bool wanted; // no bounce is to be requested
};

// The recipients of one message; all zero: none.
struct no_bounce {
    struct no_bounce_group *groups;
    size_t count;
    unsigned unsure; // wanted, but of a form that is left unchanged
    bool incomplete; // out of memory, or more than NO_BOUNCE_MAX: nothing is changed
};

// Adds a recipient; call for each that is accepted, as Postfix may store one that is not wanted with
// NOTIFY=NEVER, too.
void no_bounce_note(struct no_bounce *recipients, const struct no_bounce_recipient *recipient);

// Frees all recipients.
void no_bounce_forget(struct no_bounce *recipients);

// Returns whether any recipient is wanted.
bool no_bounce_wanted(const struct no_bounce *recipients);

struct no_bounce_edit {
    const char *add; // a path; NULL: its replacement was added before
    const char *parameters;
    const char *drop; // as the client wrote it: cleanup(8) parses it to what the RCPT command stored
};

struct no_bounce_counts {
    unsigned asked, left; // addresses with and without NOTIFY=NEVER, each spelling by itself
};

// Calls `apply` for each edit in order, until it returns false.
struct no_bounce_counts no_bounce_edit(const struct no_bounce *recipients,
                                       bool (*apply)(void *arg, const struct no_bounce_edit *edit),
                                       void *arg);

#endif
