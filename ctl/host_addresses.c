// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/host_addresses.h"

#include <netdb.h>
#include <netinet/in.h>

static bool add(struct spf_hosts *hosts, const struct sockaddr *address)
{
    struct ip ip = {.bits = address->sa_family == AF_INET ? 32 : 128};
    if (ip.bits == 32)
        memcpy(ip.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    else
        memcpy(ip.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    return spf_hosts_add(hosts, &ip);
}

bool host_addresses_add(const char *name, struct spf_hosts *hosts)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    bool added = true;
    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return false;
    for (const struct addrinfo *at = found; at && added; at = at->ai_next)
        added = add(hosts, at->ai_addr);
    freeaddrinfo(found);
    return added;
}
