// SPDX-License-Identifier: BSD-2-Clause
// Lists of networks as the settings hold them.
#ifndef MILTER_NETWORKS_H
#define MILTER_NETWORKS_H

#include "base/cidr.h"

// Whether one of the networks in `list`, addresses or CIDR ranges separated by blanks, holds `address`. What
// is no network holds nothing.
bool networks_hold(struct slice list, const struct ip *address);

#endif
