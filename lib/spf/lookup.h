// SPDX-License-Identifier: BSD-2-Clause
// What the term that a check stands at looks up: each function counts against the limits, ends the check
// where one is passed or DNS fails, and gives what libspf2 is to be told.
#ifndef SPF_LOOKUP_H
#define SPF_LOOKUP_H

#include "spf/check.h"

enum lookup_rc {
    LOOKUP_FOUND,
    LOOKUP_NONE, // no such name, or one that cannot be asked
    LOOKUP_STOP, // the check waits or is over
};

// The addresses of an a term's or exists term's target.
enum lookup_rc lookup_addresses(struct check *check, const struct resolver_answer **out);

// The hosts of an mx term's target go into check->hosts, those whose look-up fails last: they only count if
// no other matches.
enum lookup_rc lookup_exchanges(struct check *check);

// The client's names that are a ptr term's target or below it go into check->hosts.
enum lookup_rc lookup_client_names(struct check *check);

// The addresses of one of check->hosts.
enum lookup_rc lookup_host(struct check *check, unsigned host, const struct resolver_answer **out);

// The record of an include term's target, or, behind the last term, of the redirection's; the check then
// stands at its first term.
enum lookup_rc lookup_record(struct check *check);

// The same for the record that the check begins with, check->out->domain's.
enum lookup_rc lookup_first_record(struct check *check);

// The term did not match: the check stands at the next one.
enum lookup_rc lookup_passed(struct check *check, unsigned record, unsigned term);

#endif
