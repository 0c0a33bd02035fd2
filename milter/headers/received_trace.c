// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/received_trace.h"

#include "base/network_list.h"

// This host, loopback, private (RFC 1918, RFC 6598, RFC 4193), link-local (RFC 3927, RFC 4291).
#define NEVER_OUTSIDE                                                                                        \
    "0.0.0.0/8 127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 ::/127 "     \
    "fc00::/7 fe80::/10"

static bool is_inside(const struct directory_snapshot *rows, const struct ip *client)
{
    static const char *const settings[] = {"relay_networks", "trusted_networks"};
    struct slice networks;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (directory_setting(rows, settings[i], &networks) == DIRECTORY_OK &&
            network_list_has(networks, client))
            return true;
    return network_list_has(SLICE(NEVER_OUTSIDE), client);
}

void received_trace_add(struct received_trace *trace, const struct directory_snapshot *rows,
                        struct slice value)
{
    if (trace->state != RECEIVED_TRACE_INSIDE)
        return;
    if (trace->seen++ == RECEIVED_TRACE_MAX || !received_client_find(value, &trace->client))
        trace->state = RECEIVED_TRACE_UNKNOWN;
    else if (!is_inside(rows, &trace->client.ip))
        trace->state = RECEIVED_TRACE_FOUND;
}
