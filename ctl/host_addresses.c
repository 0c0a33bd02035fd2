// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/host_addresses.h"

#include "io/socket_address.h"

#include <ifaddrs.h>
#include <netdb.h>

bool host_addresses_add(const char *name, struct spf_hosts *hosts)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    struct ip address;
    bool added = true;
    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return false;
    for (const struct addrinfo *at = found; at && added; at = at->ai_next)
        added = socket_address_ip(at->ai_addr, &address) && spf_hosts_add(hosts, &address);
    freeaddrinfo(found);
    return added;
}

void host_addresses_local(void (*found)(const struct ip *address, void *arg), void *arg)
{
    struct ifaddrs *list = NULL;
    struct ip address;
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *at = list; at; at = at->ifa_next)
        if (socket_address_ip(at->ifa_addr, &address))
            found(&address, arg);
    freeifaddrs(list);
}
