// SPDX-License-Identifier: BSD-2-Clause
#include "base/transport.h"

#include "base/address.h"
#include "base/cidr.h"

static bool parse_port(struct slice in, uint16_t *out)
{
    unsigned long long port;
    if (!slice_number(in, UINT16_MAX, &port) || port == 0)
        return false;
    *out = (uint16_t)port;
    return true;
}

// What stands in brackets is an address (Postfix would take "[name]" for a host without MX look-up; a row
// says that with `name` alone).
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
