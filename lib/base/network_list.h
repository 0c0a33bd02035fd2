// SPDX-License-Identifier: BSD-2-Clause
// Lists of networks as the settings hold them.
#ifndef BASE_NETWORK_LIST_H
#define BASE_NETWORK_LIST_H

#include "base/cidr.h"

// Whether one of the networks in `list`, addresses or CIDR ranges separated by blanks, holds `address`. What
// is no network holds nothing.
bool network_list_has(struct slice list, const struct ip *address);

#endif
