// SPDX-License-Identifier: BSD-2-Clause
// The service's outgoing hosts, as customers' SPF records name them.
#ifndef CTL_SPF_SPF_HOSTS_H
#define CTL_SPF_SPF_HOSTS_H

#include "base/cidr.h"
#include "directory/directory.h"
#include "dns/dns_name.h"

#define SPF_HOSTS_MAX 128

struct spf_hosts {
    char include[DNS_NAME_MAX + 1]; // the domain whose record lists them; empty: none
    unsigned count;                 // 0: not configured
    struct cidr networks[SPF_HOSTS_MAX];
};

// Reads the settings spf_include and outgoing_networks, else "_spf." below service_domain. `rows` NULL:
// nothing.
void spf_hosts_from_rows(const struct directory_snapshot *rows, struct spf_hosts *out);

// Adds one address. Returns false if there is no room.
bool spf_hosts_add(struct spf_hosts *hosts, const struct ip *address) __attribute__((warn_unused_result));

// Adds all addresses of a host name in A-labels. Returns false if there are none, or no room.
typedef bool (*spf_hosts_finder)(const char *name, struct spf_hosts *hosts);

// Reads addresses, networks and host names, separated by blanks or commas, in place of the present
// networks. With `finder` NULL a host name is wrong. Returns false with the word that is wrong in `*bad`,
// which is empty if there are too many.
bool spf_hosts_parse(struct slice text, spf_hosts_finder finder, struct spf_hosts *out, struct slice *bad)
    __attribute__((warn_unused_result));

// Adds the networks of the ip4 and ip6 terms of a record, up to the limit.
void spf_hosts_from_record(struct slice record, struct spf_hosts *out);

// Addresses to check: the first and the last host of each network. Returns their number.
#define SPF_HOSTS_ADDRESSES_MAX (2 * SPF_HOSTS_MAX)
unsigned spf_hosts_addresses(const struct spf_hosts *hosts, struct ip out[SPF_HOSTS_ADDRESSES_MAX]);

// Writes them as ip4 and ip6 terms, separated by blanks. Returns false if they do not fit, or there are none.
bool spf_hosts_terms(const struct spf_hosts *hosts, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
