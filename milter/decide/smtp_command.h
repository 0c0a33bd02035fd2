// SPDX-License-Identifier: BSD-2-Clause
// The arguments of MAIL and RCPT as a milter gets them: the address, then ESMTP parameters (RFC 5321 section
// 4.1.1.11), then NULL.
#ifndef MILTER_DECIDE_SMTP_COMMAND_H
#define MILTER_DECIDE_SMTP_COMMAND_H

#include "base/address.h"

#include <stdint.h>

// The address as the MTA parsed it (`parsed`, its macro {mail_addr} or {rcpt_addr}), since the MTA delivers
// by that one: clients may add comments, blanks, routes and %-signs. If the MTA does not send the macro,
// `parsed` is NULL and the address is the argument without angle brackets. Empty: the null sender.
struct slice smtp_command_address(const char *const *arguments, struct slice parsed);

// Writes an address to `size` bytes of `out`. One that is too long loses bytes of its local part, never its
// domain: SPF must not check another sender, least of all the null sender.
void smtp_command_address_cut(struct slice given, char *out, size_t size);

// Reads an address, or a login, which need not be an address: folded, its domain in A-labels. Text that is no
// address is in lower case. If it is too long it is cut and ends in "...", and matches no row.
void smtp_command_address_read(struct slice given, struct mail_address *out);

// The value of a parameter such as SIZE=1000; the keyword is compared without case. Empty if it is missing.
struct slice smtp_command_parameter(const char *const *arguments, const char *keyword);

// The value of SIZE= in bytes (RFC 1870); -1 if it is missing or no number.
int64_t smtp_command_size(const char *const *arguments);

#endif
