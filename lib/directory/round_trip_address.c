// SPDX-License-Identifier: BSD-2-Clause
#include "directory/round_trip_address.h"

static bool read_setting(const struct directory_snapshot *rows, struct slice *local, struct slice *domain)
{
    struct slice address;
    return directory_setting(rows, "round_trip_address", &address) == DIRECTORY_OK &&
           slice_split_last(address, '@', local, domain) && local->len > 0 && domain->len > 0;
}

bool round_trip_address_is_domain(const struct directory_snapshot *rows, struct slice domain)
{
    struct slice own_local, own_domain;
    return read_setting(rows, &own_local, &own_domain) && slice_equal(domain, own_domain);
}

bool round_trip_address_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || (text.ptr[i] >= '2' && text.ptr[i] <= '7')))
            return false;
    return text.len == ROUND_TRIP_TOKEN_LEN;
}

bool round_trip_address_is(const struct directory_snapshot *rows, struct slice local, struct slice domain)
{
    struct slice own_local, own_domain;
    if (!read_setting(rows, &own_local, &own_domain) || !slice_equal(domain, own_domain) ||
        !slice_has_prefix(local, own_local))
        return false;
    const struct slice rest = slice_skip(local, own_local.len);
    return rest.len == 0 || (rest.ptr[0] == '+' && round_trip_address_token(slice_skip(rest, 1)));
}

bool round_trip_address_leaves(struct slice domain, struct slice *of)
{
    const struct slice tail = SLICE(ROUND_TRIP_TAIL);
    if (domain.len <= tail.len || !slice_has_suffix_nocase(domain, tail))
        return false;
    *of = slice_make(domain.ptr, domain.len - tail.len);
    return true;
}
