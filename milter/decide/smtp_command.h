// SPDX-License-Identifier: BSD-2-Clause
// MAIL and RCPT as a milter gets them: the address, then ESMTP parameters (RFC 5321 section 4.1.1.11), NULL
// at the end.
#ifndef MILTER_DECIDE_SMTP_COMMAND_H
#define MILTER_DECIDE_SMTP_COMMAND_H

#include "base/address.h"

#include <stdint.h>

// The address that counts; empty: the null sender. That is what the MTA made of the command (`parsed`, its
// macro {mail_addr} or {rcpt_addr}), which is what it will deliver by: clients may write comments, blanks,
// routes and %-signs about an address. An MTA that does not tell has NULL there, and the address is what was
// written, without angle brackets.
struct slice smtp_command_address(const char *const *arguments, struct slice parsed);

// An address in `size` bytes of `out`. What is too long loses bytes of its local part, never its domain: SPF
// must not take another for the sender, least of all the null sender.
void smtp_command_address_cut(struct slice given, char *out, size_t size);

// The same folded; a login, too, which need not be an address. What is no address is in lower case, cut where
// it is too long, and then matches no row.
void smtp_command_address_fold(struct slice given, char out[ADDRESS_MAX + 1]);

// The value of a parameter, its keyword without case, as in SIZE=1000; empty where there is none.
struct slice smtp_command_parameter(const char *const *arguments, const char *keyword);

// SIZE=, in bytes (RFC 1870); -1 where there is none or it is no number.
int64_t smtp_command_size(const char *const *arguments);

#endif
