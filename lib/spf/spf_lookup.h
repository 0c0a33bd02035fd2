// SPDX-License-Identifier: BSD-2-Clause
// The look-ups of the current term: each function counts against the limits, ends the check where one is
// passed or DNS fails, and returns what libspf2 gets.
#ifndef SPF_SPF_LOOKUP_H
#define SPF_SPF_LOOKUP_H

#include "spf/check_host.h"

enum spf_lookup_rc {
    SPF_LOOKUP_FOUND,
    SPF_LOOKUP_NONE, // no such name, or one that cannot be asked
    SPF_LOOKUP_STOP, // the check waits or is over
};

// The addresses of an a term's or exists term's target.
enum spf_lookup_rc spf_lookup_addresses(struct check_host *check, const struct dns_answer **out);

// The hosts of an mx term's target go into check->hosts, those whose look-up fails last: they only count if
// no other matches.
enum spf_lookup_rc spf_lookup_exchanges(struct check_host *check);

// The client's names that are a ptr term's target or below it go into check->hosts.
enum spf_lookup_rc spf_lookup_client_names(struct check_host *check);

// The addresses of one of check->hosts.
enum spf_lookup_rc spf_lookup_host(struct check_host *check, unsigned host, const struct dns_answer **out);

// The record of an include term's target, or, after the last term, of the redirection's; its first term is
// the current one then.
enum spf_lookup_rc spf_lookup_record(struct check_host *check);

// The same for the record that the check begins with, check->out->domain's.
enum spf_lookup_rc spf_lookup_first_record(struct check_host *check);

// The term did not match: the next one is the current one.
enum spf_lookup_rc spf_lookup_passed(struct check_host *check, unsigned record, unsigned term);

#endif
