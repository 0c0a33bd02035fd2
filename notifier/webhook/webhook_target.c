// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/webhook/webhook_target.h"

#include "base/network_list.h"

#include <string.h>

enum { HTTPS_PORT = 443, OTHER_PORT = 8443 };

static bool is_url_byte(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && !strchr("\"<>\\^`{|}#", byte);
}

// Letters, digits, hyphens and dots; the last label begins with a letter, so that it is no IPv4 address.
static bool is_host(struct slice host)
{
    size_t last = 0;
    for (size_t i = 0; i < host.len; i++) {
        const char byte = host.ptr[i];
        const bool word = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        const bool edge = i == last || i + 1 == host.len || host.ptr[i + 1] == '.';
        if (byte == '.' && i > last)
            last = i + 1;
        else if (!word && (byte != '-' || edge))
            return false;
    }
    return last > 0 && last < host.len && host.ptr[last] >= 'a' && host.ptr[last] <= 'z';
}

bool webhook_target_parse(const char *url, struct webhook_target *out)
{
    struct slice rest = slice_from(url), host;
    out->port = HTTPS_PORT;
    for (size_t i = 0; i < rest.len; i++)
        if (!is_url_byte((unsigned char)rest.ptr[i]))
            return false;
    if (!slice_has_prefix_nocase(rest, SLICE("https://")))
        return false;
    rest = slice_skip(rest, strlen("https://"));
    host = slice_make(rest.ptr, strcspn(rest.ptr, ":/"));
    rest = slice_skip(rest, host.len);
    if (slice_has_prefix_nocase(rest, SLICE(":8443/")))
        out->port = OTHER_PORT;
    else if (!slice_has_prefix_nocase(rest, SLICE("/")) && !slice_has_prefix_nocase(rest, SLICE(":443/")))
        return false;
    return slice_copy_lower(host, out->host, sizeof out->host) && is_host(slice_from(out->host));
}

static bool is_special(const struct ip *ip)
{
    static const char *const networks[] = {
        "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",    "2001::/23",
        "2001:db8::/32", "2002::/16",       "3fff::/20"};
    struct cidr network;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        if (cidr_parse(slice_from(networks[i]), &network) && cidr_contains(&network, ip))
            return true;
    return ip->bits == 128 && (ip->bytes[0] & 0xe0) != 0x20;
}

bool webhook_target_address(struct slice record, struct slice allowed, struct ip *out)
{
    if (record.len != 4 && record.len != 16)
        return false;
    *out = (struct ip){.bits = (uint8_t)(record.len * 8)};
    memcpy(out->bytes, record.ptr, record.len);
    return !is_special(out) || network_list_has(allowed, out);
}
