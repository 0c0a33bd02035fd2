// SPDX-License-Identifier: BSD-2-Clause
// Detection of an IP address in a host name.
#ifndef POLICYD_IDENTITY_IDENTITY_ADDRESS_H
#define POLICYD_IDENTITY_IDENTITY_ADDRESS_H

#include "base/cidr.h"

#define IDENTITY_ADDRESS_NAME_MAX 255

// `name` holds lower-case letters, digits, hyphens, underscores and dots, and at most
// IDENTITY_ADDRESS_NAME_MAX bytes. identity_name_dynamic says which forms count.
bool identity_address_within(struct slice name, const struct ip *client);

#endif
