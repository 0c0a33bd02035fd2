// SPDX-License-Identifier: BSD-2-Clause
#include "directory/store_address.h"

#define DOMAIN_MAX (STORE_ADDRESS_MAX - STORE_ADDRESS_LOCAL_MAX - 1)

bool store_address_domain(struct slice domain, struct slice *of)
{
    const struct slice tail = SLICE(STORE_ADDRESS_TAIL);
    if (domain.len <= tail.len || memcmp(domain.ptr + domain.len - tail.len, tail.ptr, tail.len) != 0)
        return false;
    *of = slice_make(domain.ptr, domain.len - tail.len);
    return true;
}

// A "." at the beginning would lead out of the domain's folder, a "+" would leave no user before it.
static bool is_kept(char byte, bool first)
{
    static const char anywhere[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*-=?^_`{|}~";
    if (byte == '.' || byte == '+')
        return !first;
    return memchr(anywhere, byte, sizeof anywhere - 1);
}

// Of "" itself: without a name its folder would be the domain's own.
static size_t put_empty(char out[STORE_ADDRESS_LOCAL_MAX])
{
    static const struct slice quotes = {"=22=22", 6};
    memcpy(out, quotes.ptr, quotes.len);
    return quotes.len;
}

static size_t put_local(struct slice local, char out[STORE_ADDRESS_LOCAL_MAX])
{
    static const char digits[] = "0123456789abcdef";
    const bool quoted = local.len > 1 && local.ptr[0] == '"';
    size_t len = 0;
    if (quoted)
        local = slice_make(local.ptr + 1, local.len - 2);
    for (size_t i = 0; i < local.len && len + 3 <= STORE_ADDRESS_LOCAL_MAX; i++) {
        if (quoted && local.ptr[i] == '\\' && i + 1 < local.len)
            i++;
        const unsigned char byte = (unsigned char)local.ptr[i];
        if (is_kept(local.ptr[i], len == 0)) {
            out[len++] = local.ptr[i];
            continue;
        }
        out[len++] = '=';
        out[len++] = digits[byte >> 4];
        out[len++] = digits[byte & 15];
    }
    return len > 0 ? len : put_empty(out);
}

bool store_address_compose(struct slice local, struct slice domain, char out[STORE_ADDRESS_MAX + 1])
{
    const struct slice tail = SLICE(STORE_ADDRESS_TAIL);
    if (domain.len + tail.len > DOMAIN_MAX)
        return false;
    size_t len = put_local(local, out);
    out[len++] = '@';
    memcpy(out + len, domain.ptr, domain.len);
    memcpy(out + len + domain.len, tail.ptr, tail.len + 1);
    return true;
}
