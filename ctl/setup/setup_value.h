// SPDX-License-Identifier: BSD-2-Clause
// Values of main.cf and of -o lines: one from the operator's and the one that Emailgency needs.
#ifndef CTL_SETUP_SETUP_VALUE_H
#define CTL_SETUP_SETUP_VALUE_H

#include "ctl/setup/setup_text.h"

// The words of `first`, then those words of `second` that are not among them, separated by `separator`.
void setup_value_join(struct slice first, struct slice second, const char *separator, struct setup_text *out);

// Returns whether a word of `list` is `word`.
bool setup_value_has(struct slice list, struct slice word);

// Returns whether `value` names the parameter, as in $name, ${name} or $(name).
bool setup_value_names(struct slice value, const char *parameter);

// Adds `value` to `out` with such names replaced by `by`.
void setup_value_replace(struct slice value, const char *parameter, struct slice by, struct setup_text *out);

// The larger of two numbers, of which 0 is no limit, and of two times (postconf(5)) whose default unit is
// `unit`. `present` if both are equal or it cannot be read.
struct slice setup_value_larger(struct slice present, struct slice shipped);
struct slice setup_value_longer(struct slice present, struct slice shipped, char unit);

// The part of smtpd_recipient_restrictions that controls relaying: up to the first restriction that stops
// mail to other domains, all of it if there is none.
struct slice setup_value_relay_control(struct slice present);

// smtpd_relay_restrictions: the operator's list, with mail to the domains in the rows permitted before the
// first restriction that stops mail to other domains, and with such a restriction.
void setup_value_relay(struct slice present, bool drop_permit_mynetworks, struct setup_text *out);

// smtpd_recipient_restrictions: the operator's list, with `policy` after relay control: after the first
// restriction that stops mail to other domains, else after leading permits of known clients.
void setup_value_recipient(struct slice present, struct slice policy, bool drop_permit_mynetworks,
                           struct setup_text *out);

#endif
