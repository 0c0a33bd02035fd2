// SPDX-License-Identifier: BSD-2-Clause
// The output of postconf(1) for an instance, as a table. Pure: the text is borrowed, nothing is allocated.
#ifndef CTL_CHECK_POSTCONF_H
#define CTL_CHECK_POSTCONF_H

#include "base/slice.h"

#include <stdint.h>

// The output of `postconf -x`, `postconf -Mx` and `postconf -Px`, one after the other: "name = value",
// "name type private … command", "service/type/name = value". The last line of a name counts.
struct postconf {
    struct slice text;
};

// The value of a main.cf parameter; empty if there is none.
struct slice postconf_value(const struct postconf *postconf, const char *name);

// The next parameter of a text that begins at `rest`, a service's own as "service/type/name"; lines of
// master.cf are passed over. Returns false after the last.
bool postconf_parameter(struct slice *rest, struct slice *name, struct slice *value);

struct postconf_service {
    struct slice name, type, chroot, command; // "smtp", "inet", "y", "smtpd"
};

// The n-th service of master.cf, from 0. Returns false after the last.
bool postconf_service(const struct postconf *postconf, size_t n, struct postconf_service *out);

// Returns whether the service takes mail back from programs of this host, after another service has
// received it.
bool postconf_is_inner(const struct postconf_service *service);

// The value in force for a service: its own (`*own` is then true) or main.cf's. `service` NULL is main.cf.
struct slice postconf_value_at(const struct postconf *postconf, const struct postconf_service *service,
                               const char *name, bool *own);

// The next element of a list: separated by blanks and commas, "{ … }" is one, braces included (postconf(5),
// smtpd_recipient_restrictions). Returns false at the end.
bool postconf_next(struct slice *rest, struct slice *word);

// Splits an element that may have attributes, "endpoint" or "{ endpoint, name=value, { name = value } … }"
// (smtpd_milters, the argument of check_policy_service): the endpoint, empty if there is none, and the
// value of an attribute, or `otherwise`. The last of several values counts.
struct slice postconf_endpoint(struct slice element);
struct slice postconf_attribute(struct slice element, const char *name, struct slice otherwise);

// A time with unit s, m, h, d or w, in seconds; without a unit in `unit`, the default of the parameter.
bool postconf_seconds(struct slice value, char unit, int64_t *out);

#endif
