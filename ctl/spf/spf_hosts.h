// SPDX-License-Identifier: BSD-2-Clause
// The hosts from which our mail leaves, as SPF is to name them in customers' records.
#ifndef CTL_SPF_SPF_HOSTS_H
#define CTL_SPF_SPF_HOSTS_H

#include "base/cidr.h"
#include "directory/directory.h"
#include "dns/dns_name.h"

#define SPF_HOSTS_MAX 128

struct spf_hosts {
    char include[DNS_NAME_MAX + 1]; // the domain whose record names them; empty: none
    unsigned count;                 // may be 0: nobody said which they are
    struct cidr networks[SPF_HOSTS_MAX];
};

// Reads what settings spf_include and outgoing_networks say, else "_spf." below service_domain. `rows` NULL:
// nothing.
void spf_hosts_from_rows(const struct directory_snapshot *rows, struct spf_hosts *out);

// Adds one address. Returns false where there is no room for it.
bool spf_hosts_add(struct spf_hosts *hosts, const struct ip *address) __attribute__((warn_unused_result));

// Adds all addresses of a host name in A-labels. Returns false where there are none, or no room for them.
typedef bool (*spf_hosts_finder)(const char *name, struct spf_hosts *hosts);

// Reads addresses, networks and host names, separated by blanks or commas, in place of the networks that are
// there. With `finder` NULL a host name is wrong. Returns false with the word that is wrong in `*bad`, which
// is empty where there are too many.
bool spf_hosts_parse(struct slice text, spf_hosts_finder finder, struct spf_hosts *out, struct slice *bad)
    __attribute__((warn_unused_result));

// Adds the networks of the ip4 and ip6 terms of a record, as far as there is room.
void spf_hosts_from_record(struct slice record, struct spf_hosts *out);

// Addresses to try: of each network the first and the last that a host may have. Returns how many.
#define SPF_HOSTS_ADDRESSES_MAX (2 * SPF_HOSTS_MAX)
unsigned spf_hosts_addresses(const struct spf_hosts *hosts, struct ip out[SPF_HOSTS_ADDRESSES_MAX]);

// Writes them as ip4 and ip6 terms, parted by blanks. Returns false where they do not fit, or there are none.
bool spf_hosts_terms(const struct spf_hosts *hosts, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
