// SPDX-License-Identifier: BSD-2-Clause
// MAIL and RCPT as a milter gets them: the address, then ESMTP parameters (RFC 5321 section 4.1.1.11), NULL
// at the end.
#ifndef MILTER_COMMAND_H
#define MILTER_COMMAND_H

#include "base/address.h"

#include <stdint.h>

// The address without angle brackets, as it was given; empty: the null sender.
struct slice command_address(const char *const *arguments);

// The same in `size` bytes of `out`. What is too long loses bytes of its local part, never its domain: SPF
// must not take another for the sender, least of all the null sender.
void command_address_cut(const char *const *arguments, char *out, size_t size);

// The same folded. What is no address is in lower case, cut where it is too long, and then matches no row.
void command_address_fold(const char *const *arguments, char out[ADDRESS_MAX + 1]);

// A login in that form, which need not be an address; empty where it is empty.
void command_fold(struct slice given, char out[ADDRESS_MAX + 1]);

// The value of a parameter, its keyword without case, as in SIZE=1000; empty where there is none.
struct slice command_parameter(const char *const *arguments, const char *keyword);

// SIZE=, in bytes (RFC 1870); -1 where there is none or it is no number.
int64_t command_size(const char *const *arguments);

#endif
