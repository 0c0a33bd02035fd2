// SPDX-License-Identifier: BSD-2-Clause
// The smtpd_*_restrictions of a service.
#ifndef CTL_CHECK_RESTRICTION_H
#define CTL_CHECK_RESTRICTION_H

#include "ctl/check/postconf.h"

#define RESTRICTION_MAX 128 // of one list; the rest of a longer one is not looked at

struct restriction {
    struct slice name;     // "check_policy_service"; "check_recipient_access" for a table that stands alone
    struct slice argument; // what it names; braces included
};

struct restriction_list {
    size_t count;
    struct restriction items[RESTRICTION_MAX];
};

// Reads a service's list; what it takes from smtpd_restriction_classes stands in its place. What only warns
// (warn_if_reject) is left out.
void restriction_read(const struct postconf *postconf, const struct postconf_service *service,
                      const char *parameter, struct restriction_list *out);

bool restriction_is(const struct restriction *restriction, const char *name);

// Whether an unauthenticated stranger may send to any destination, as far as this list has a say
// (src/smtpd/smtpd_check.c).
enum restriction_relay {
    RESTRICTION_OPEN,     // it stops nobody
    RESTRICTION_BY_TABLE, // a table or a list of others may let clients past what stops them
    RESTRICTION_CLOSED,
};
enum restriction_relay restriction_relay(const struct restriction_list *list);

// The lists that smtpd(8) goes through up to RCPT; ends in NULL.
extern const char *const restriction_parameters[];

// Whether a service lets in nobody but whom it knows: one of its lists refuses all others.
bool restriction_is_submission(const struct postconf *postconf, const struct postconf_service *service);

#endif
