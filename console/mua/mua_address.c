// SPDX-License-Identifier: BSD-2-Clause
#include "console/mua/mua_address.h"

#include "idn/idn.h"
#include "web/web_decode.h"

// U+FFFE and U+FFFF are in UTF-8, and not in XML. address_parse() refuses control bytes.
static bool fits_xml(struct slice text)
{
    for (size_t i = 0; i + 2 < text.len; i++)
        if (memcmp(text.ptr + i, "\xef\xbf", 2) == 0 && (unsigned char)text.ptr[i + 2] >= 0xbe)
            return false;
    return web_is_text(text);
}

bool mua_address_read(struct slice in, struct mua_address *out)
{
    struct slice local, domain;
    const bool is_address = fits_xml(in) && idn_address_fold(in, out->text) == ADDRESS_OK &&
                            slice_split_last(slice_from(out->text), '@', &local, &domain) &&
                            idn_domain(domain, out->domain);
    if (!is_address)
        *out = (struct mua_address){.text = ""};
    return is_address;
}

bool mua_address_host(struct slice host, char out[ADDRESS_DOMAIN_MAX + 1])
{
    static const struct slice prefixes[] = {{"autoconfig.", 11}, {"autodiscover.", 13}};
    struct slice name, port;
    (void)slice_split(slice_trim(host), ':', &name, &port);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (slice_has_prefix_nocase(name, prefixes[i])) {
            name = slice_skip(name, prefixes[i].len);
            break;
        }
    const bool is_name = idn_domain(name, out);
    if (!is_name)
        *out = '\0';
    return is_name;
}
