// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/probe/next_hop_rules.h"

#include "base/transport.h"
#include "dns/dns_name.h"

#include <stdio.h>
#include <stdlib.h>

struct mx {
    unsigned preference;
    char host[ADDRESS_DOMAIN_MAX + 1];
};

static bool read_mx(struct slice record, struct mx *out)
{
    if (record.len < 3)
        return false;
    out->preference = (unsigned)(unsigned char)record.ptr[0] << 8 | (unsigned char)record.ptr[1];
    return dns_name_host(slice_skip(record, 2), out->host);
}

static int by_preference(const void *a, const void *b)
{
    const struct mx *left = a, *right = b;
    return left->preference < right->preference ? -1 : left->preference > right->preference;
}

unsigned next_hop_hosts(const struct dns_answer *answer, const char *domain, const struct own_hosts *own,
                        char hosts[NEXT_HOP_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1])
{
    struct mx found[DNS_RECORDS_MAX];
    unsigned count = 0, kept = 0, limit = UINT16_MAX + 1;
    if (answer->rc == DNS_NONE)
        return slice_copy_lower(slice_from(domain), hosts[0], ADDRESS_DOMAIN_MAX + 1);
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count; i++)
        count += read_mx(answer->data[i], &found[count]);
    qsort(found, count, sizeof *found, by_preference);
    for (unsigned i = 0; i < count && limit > UINT16_MAX; i++)
        if (own_host_is_name(own, slice_from(found[i].host)))
            limit = found[i].preference;
    for (unsigned i = 0; i < count && kept < NEXT_HOP_HOSTS_MAX && found[i].preference < limit; i++)
        memcpy(hosts[kept++], found[i].host, sizeof found[i].host);
    return kept;
}

bool next_hop_address(struct slice record, const struct own_hosts *own, struct slice allowed, struct ip *out)
{
    char address[CIDR_TEXT_MAX], text[CIDR_TEXT_MAX + 2];
    struct transport hop;
    if (record.len != 4 && record.len != 16)
        return false;
    *out = (struct ip){.bits = (uint8_t)(record.len * 8)};
    memcpy(out->bytes, record.ptr, record.len);
    if (own_host_is_address(own, out))
        return false;
    ip_format(out, address);
    snprintf(text, sizeof text, record.len == 16 ? "[%s]" : "%s", address);
    return transport_parse(slice_from(text), &hop) &&
           (transport_is_public(&hop) || transport_is_listed(&hop, allowed));
}
