// SPDX-License-Identifier: BSD-2-Clause
// The addresses that mail for this node goes to, for option mx_hosts.
#ifndef CTL_SETUP_HOSTS_H
#define CTL_SETUP_HOSTS_H

#include "ctl/setup/setup_text.h"

// Adds to `out`, each after a blank, what `out` does not have: the addresses in Postfix's proxy_interfaces,
// those in inet_interfaces but loopback, where that is "all" the public ones of this host, and the public
// ones of the first name in `out`. Waits for the DNS.
void setup_hosts_add(struct slice inet_interfaces, struct slice proxy_interfaces, struct setup_text *out);

#endif
