// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/best_mx/best_mx_rules.h"

#include "dns/dns_name.h"

static unsigned preference(struct slice record)
{
    return (unsigned)(unsigned char)record.ptr[0] << 8 | (unsigned char)record.ptr[1];
}

unsigned best_mx_hosts(const struct dns_answer *answer, const char *domain,
                       char hosts[BEST_MX_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1])
{
    unsigned count = 0, best = UINT16_MAX + 1;
    if (answer->rc == DNS_NONE)
        return slice_copy_lower(slice_from(domain), hosts[0], ADDRESS_DOMAIN_MAX + 1);
    if (answer->rc != DNS_FOUND)
        return 0;
    for (unsigned i = 0; i < answer->count; i++) {
        const struct slice record = answer->data[i];
        if (record.len < 3 || preference(record) > best)
            continue;
        if (preference(record) < best)
            count = 0;
        best = preference(record);
        if (count < BEST_MX_HOSTS_MAX && dns_name_host(slice_skip(record, 2), hosts[count]))
            count++;
    }
    return count;
}

bool best_mx_is_addressed(const struct own_hosts *own, struct slice record)
{
    struct ip found = {.bits = (uint8_t)(record.len * 8)};
    if (record.len != 4 && record.len != 16)
        return false;
    memcpy(found.bytes, record.ptr, record.len);
    return own_host_is_address(own, &found);
}
