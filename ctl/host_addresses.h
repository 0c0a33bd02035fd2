// SPDX-License-Identifier: BSD-2-Clause
// The addresses that this host finds for a name, by getaddrinfo(3).
#ifndef CTL_HOST_ADDRESSES_H
#define CTL_HOST_ADDRESSES_H

#include "ctl/spf/spf_hosts.h"

// A spf_hosts_finder. Waits for the DNS.
bool host_addresses_add(const char *name, struct spf_hosts *hosts) __attribute__((warn_unused_result));

#endif
