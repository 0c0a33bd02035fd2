// SPDX-License-Identifier: BSD-2-Clause
#include "base/network_list.h"

bool network_list_has(struct slice list, const struct ip *address)
{
    struct slice word;
    struct cidr network;
    while (list.len > 0) {
        (void)slice_split(list, ' ', &word, &list);
        if (cidr_parse(word, &network) && cidr_contains(&network, address))
            return true;
    }
    return false;
}
