// SPDX-License-Identifier: BSD-2-Clause
#include "spf/rdata.h"

bool rdata_name(struct slice data, char out[DNS_NAME_MAX + 1])
{
    size_t len = 0;
    while (data.len && data.ptr[0] != 0) {
        size_t label = (unsigned char)data.ptr[0];
        struct slice text = slice_skip(data, 1);
        if (label > DNS_LABEL_MAX || label >= text.len || len + label + 1 > DNS_NAME_MAX + 1 ||
            memchr(text.ptr, '.', label) || memchr(text.ptr, '\0', label))
            return false;
        memcpy(out + len, text.ptr, label);
        len += label;
        out[len++] = '.';
        data = slice_skip(text, label);
    }
    if (len == 0 || data.len != 1)
        return false;
    out[len - 1] = '\0';
    return true;
}

bool rdata_exchange(struct slice data, char out[DNS_NAME_MAX + 1])
{
    return data.len > 2 && rdata_name(slice_skip(data, 2), out);
}

bool rdata_address(struct slice data, enum dns_type type, struct ip *out)
{
    *out = (struct ip){.bits = type == DNS_TYPE_A ? 32 : 128};
    if (data.len != out->bits / 8U)
        return false;
    memcpy(out->bytes, data.ptr, data.len);
    return true;
}

bool rdata_has_address(const struct dns_answer *answer, const struct ip *address)
{
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count; i++)
        if (slice_equal(answer->data[i], slice_make((const char *)address->bytes, address->bits / 8U)))
            return true;
    return false;
}

enum dns_type rdata_address_type(const struct ip *address)
{
    return address->bits == 32 ? DNS_TYPE_A : DNS_TYPE_AAAA;
}
