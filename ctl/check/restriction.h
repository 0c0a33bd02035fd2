// SPDX-License-Identifier: BSD-2-Clause
// The smtpd_*_restrictions of a service.
#ifndef CTL_CHECK_RESTRICTION_H
#define CTL_CHECK_RESTRICTION_H

#include "ctl/check/postconf.h"

#define RESTRICTION_MAX 128 // of one list; the rest is ignored

struct restriction {
    struct slice name;     // "check_policy_service"; "check_recipient_access" for a table alone
    struct slice argument; // its argument; braces included
};

struct restriction_list {
    size_t count;
    struct restriction items[RESTRICTION_MAX];
};

// Reads a service's list; names of smtpd_restriction_classes are replaced by their lists. Restrictions that
// only warn (warn_if_reject) are left out.
void restriction_read(const struct postconf *postconf, const struct postconf_service *service,
                      const char *parameter, struct restriction_list *out);

bool restriction_is(const struct restriction *restriction, const char *name);

// Relaying by unauthenticated remote clients to any destination, as far as this list decides
// (src/smtpd/smtpd_check.c).
enum restriction_relay {
    RESTRICTION_OPEN,     // no restriction stops the client
    RESTRICTION_BY_TABLE, // a table or a remote list may permit clients before they are stopped
    RESTRICTION_CLOSED,
};
enum restriction_relay restriction_relay(const struct restriction_list *list);

// The lists that smtpd(8) evaluates up to RCPT; ends in NULL.
extern const char *const restriction_parameters[];

// The first list that refuses all clients but those that a restriction before permits; NULL if there is none.
const char *restriction_refuses_all(const struct postconf *postconf, const struct postconf_service *service);

bool restriction_is_port_25(const struct postconf_service *service);

// Returns whether a service serves known clients only: one of its lists refuses all others. A service at port
// 25 that does not authenticate clients is an MX whatever its lists are.
bool restriction_is_submission(const struct postconf *postconf, const struct postconf_service *service);

#endif
