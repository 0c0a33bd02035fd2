// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_hosts.h"

#include "base/network_list.h"
#include "base/transport.h"
#include "ctl/host_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>

enum { ADDED_LEN_MAX = 1024 };

static void add(struct setup_text *out, const struct ip *address)
{
    char text[CIDR_TEXT_MAX];
    ip_format(address, text);
    if (out->len < ADDED_LEN_MAX && !network_list_has(setup_text_slice(out), address))
        setup_text_print(out, " %s", text);
}

// Others would only make the list longer: no MX record in public DNS leads to them.
static void add_public(struct setup_text *out, const struct ip *address)
{
    char text[CIDR_TEXT_MAX];
    ip_format(address, text);
    const struct transport host = {.kind = address->bits == 32 ? TRANSPORT_IPV4 : TRANSPORT_IPV6,
                                   .host = slice_from(text)};
    if (transport_is_public(&host))
        add(out, address);
}

static bool is_loopback(const struct ip *address)
{
    return network_list_has(SLICE("127.0.0.0/8 ::1"), address);
}

static struct slice without_brackets(struct slice word)
{
    return word.len > 2 && word.ptr[0] == '[' ? slice_make(word.ptr + 1, word.len - 2) : word;
}

static void add_words(struct setup_text *out, struct slice words, bool with_loopback)
{
    struct slice word;
    struct ip address;
    while (network_list_next(&words, &word))
        if (ip_parse(without_brackets(word), &address) && (with_loopback || !is_loopback(&address)))
            add(out, &address);
}

static void add_interfaces(struct setup_text *out)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
        struct ip address = {.bits = 0};
        if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET) {
            address.bits = 32;
            memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr, 4);
        } else if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6) {
            address.bits = 128;
            memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr, 16);
        }
        if (address.bits)
            add_public(out, &address);
    }
    freeifaddrs(list);
}

static void add_name(struct setup_text *out)
{
    char name[256];
    struct slice rest = setup_text_slice(out), word;
    struct spf_hosts found = {.count = 0};
    if (!network_list_next(&rest, &word) || !slice_copy(word, name, sizeof name) ||
        !host_addresses_add(name, &found))
        return;
    for (unsigned i = 0; i < found.count; i++)
        add_public(out, &found.networks[i].base);
}

void setup_hosts_add(struct slice inet_interfaces, struct slice proxy_interfaces, struct setup_text *out)
{
    add_words(out, proxy_interfaces, true);
    add_words(out, inet_interfaces, false);
    if (network_list_names(inet_interfaces, SLICE("all")))
        add_interfaces(out);
    add_name(out);
}
