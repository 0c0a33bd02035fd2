// SPDX-License-Identifier: BSD-2-Clause
#include "directory/whitelist_entry.h"

#include "base/address.h"

static const struct slice host_tag = {"host:", 5};

static bool has_upper_case(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            return true;
    }
    return false;
}

// A name, or "." and a name.
static bool parse_name(struct slice text, enum whitelist_entry_kind exact, enum whitelist_entry_kind below,
                       struct whitelist_entry *out)
{
    const bool dotted = text.len > 0 && text.ptr[0] == '.';
    out->kind = dotted ? below : exact;
    return address_domain_valid(dotted ? slice_skip(text, 1) : text);
}

bool whitelist_entry_parse(struct slice text, struct whitelist_entry *out)
{
    char folded[ADDRESS_MAX + 1];
    *out = (struct whitelist_entry){.kind = WHITELIST_ENTRY_NETWORK};
    if (cidr_parse(text, &out->network))
        return true;
    if (memchr(text.ptr, '@', text.len)) {
        out->kind = WHITELIST_ENTRY_ADDRESS;
        return address_fold(text, folded) == ADDRESS_OK && slice_equal(slice_from(folded), text);
    }
    if (has_upper_case(text))
        return false;
    if (slice_has_prefix(text, host_tag))
        return parse_name(slice_skip(text, host_tag.len), WHITELIST_ENTRY_HOST, WHITELIST_ENTRY_HOST_BELOW,
                          out);
    return parse_name(text, WHITELIST_ENTRY_DOMAIN, WHITELIST_ENTRY_BELOW, out);
}
