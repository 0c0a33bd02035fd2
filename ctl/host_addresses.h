// SPDX-License-Identifier: BSD-2-Clause
// The addresses that this host finds for a name, by getaddrinfo(3), and those of its interfaces.
#ifndef CTL_HOST_ADDRESSES_H
#define CTL_HOST_ADDRESSES_H

#include "ctl/spf/spf_hosts.h"

// A spf_hosts_finder. Waits for the DNS.
bool host_addresses_add(const char *name, struct spf_hosts *hosts) __attribute__((warn_unused_result));

// Calls `found` for each address of this host's interfaces (getifaddrs(3)); for none where they cannot be
// read.
void host_addresses_local(void (*found)(const struct ip *address, void *arg), void *arg);

#endif
