// SPDX-License-Identifier: BSD-2-Clause
#include "base/transport.h"

#include "base/address.h"
#include "base/network_list.h"

static bool parse_port(struct slice in, uint16_t *out)
{
    unsigned long long port;
    if (!slice_number(in, UINT16_MAX, &port) || port == 0)
        return false;
    *out = (uint16_t)port;
    return true;
}

// Brackets hold an address. (Postfix takes "[name]" as a host without MX look-up; a row writes that as `name`
// alone.)
static bool parse_literal(struct slice in, struct transport *out)
{
    struct slice tag = SLICE("IPv6:");
    struct ip ip;
    if (!ip_parse(in, &ip))
        return false;
    if (in.len > tag.len && slice_equal_nocase(slice_make(in.ptr, tag.len), tag))
        in = slice_skip(in, tag.len);
    out->host = in;
    out->kind = memchr(in.ptr, ':', in.len) ? TRANSPORT_IPV6 : TRANSPORT_IPV4;
    return true;
}

static bool parse_host(struct slice in, struct transport *out)
{
    struct ip ip;
    out->host = in;
    out->kind = ip_parse(in, &ip) ? TRANSPORT_IPV4 : TRANSPORT_NAME;
    return out->kind == TRANSPORT_IPV4 || address_domain_valid(in);
}

bool transport_parse(struct slice in, struct transport *out)
{
    struct slice host, rest;
    *out = (struct transport){.port = 25};
    if (in.len && in.ptr[0] == '[') {
        if (!slice_split(slice_skip(in, 1), ']', &host, &rest) || !parse_literal(host, out))
            return false;
        return rest.len == 0 || (rest.ptr[0] == ':' && parse_port(slice_skip(rest, 1), &out->port));
    }
    bool has_port = slice_split(in, ':', &host, &rest);
    return parse_host(host, out) && (!has_port || parse_port(rest, &out->port));
}

// The same networks as in the SQL function special_network(); tests/cases/base/special_networks.cases holds
// both to it.
static bool is_special(const struct ip *ip)
{
    static const char *const networks[] = {
        "0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
        "::/96",         "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",      "2001::/32",
        "2002::/16",     "fc00::/7",     "fe80::/9",       "ff00::/8"};
    struct cidr network;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        if (cidr_parse(slice_from(networks[i]), &network) && cidr_contains(&network, ip))
            return true;
    return false;
}

// The domains are RFC 6761's and RFC 6762's, and what clouds name their own hosts.
static bool is_special_name(struct slice name)
{
    static const char *const tails[] = {".localhost", ".local", ".internal", ".invalid"};
    if (!memchr(name.ptr, '.', name.len))
        return true;
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++)
        if (slice_has_suffix_nocase(name, slice_from(tails[i])))
            return true;
    return false;
}

static struct slice without_dot(struct slice name)
{
    return name.len > 0 && name.ptr[name.len - 1] == '.' ? slice_make(name.ptr, name.len - 1) : name;
}

bool transport_is_public(const struct transport *transport)
{
    struct ip ip;
    if (transport->kind == TRANSPORT_NAME)
        return !is_special_name(without_dot(transport->host));
    return ip_parse(transport->host, &ip) && !is_special(&ip);
}

bool transport_is_listed(const struct transport *transport, struct slice list)
{
    struct ip ip;
    if (transport->kind == TRANSPORT_NAME)
        return network_list_names(list, transport->host);
    return ip_parse(transport->host, &ip) && network_list_has(list, &ip);
}
