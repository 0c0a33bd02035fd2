// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/store_address.h"

#define NAME_MAX_BYTES 253 // RFC 1035 section 2.3.4, as text

bool store_address_domain(struct slice domain, struct slice *of)
{
    const struct slice tail = SLICE(STORE_ADDRESS_TAIL);
    if (domain.len <= tail.len || memcmp(domain.ptr + domain.len - tail.len, tail.ptr, tail.len) != 0)
        return false;
    *of = slice_make(domain.ptr, domain.len - tail.len);
    return true;
}

bool store_address_possible(struct slice local, struct slice domain)
{
    const struct slice name = local.len > 0 && local.ptr[0] == '"' ? slice_skip(local, 1) : local;
    return name.len > 0 && name.ptr[0] != '.' && !memchr(name.ptr, '/', name.len) &&
           !memchr(name.ptr, ' ', name.len) && domain.len + strlen(STORE_ADDRESS_TAIL) <= NAME_MAX_BYTES;
}
