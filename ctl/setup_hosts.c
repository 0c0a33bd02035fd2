// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup_hosts.h"

#include "base/network_list.h"
#include "base/transport.h"
#include "ctl/host_addresses.h"

enum { ADDED_LEN_MAX = 1024 };

static void add(struct setup_text *out, const struct ip *address)
{
    char text[CIDR_TEXT_MAX];
    ip_format(address, text);
    if (out->len < ADDED_LEN_MAX && !network_list_has(setup_text_slice(out), address))
        setup_text_print(out, " %s", text);
}

// Others would only make the list longer: no MX record in public DNS leads to them.
static void add_public(const struct ip *address, void *out)
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

static void add_words(struct setup_text *out, struct slice words, bool with_loopback)
{
    struct slice word;
    struct ip address;
    while (network_list_next(&words, &word))
        if (ip_parse_bracketed(word, &address) && (with_loopback || !is_loopback(&address)))
            add(out, &address);
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
        add_public(&found.networks[i].base, out);
}

void setup_hosts_add(struct slice inet_interfaces, struct slice proxy_interfaces, struct setup_text *out)
{
    add_words(out, proxy_interfaces, true);
    add_words(out, inet_interfaces, false);
    if (network_list_names(inet_interfaces, SLICE("all")))
        host_addresses_local(add_public, out);
    add_name(out);
}
