// SPDX-License-Identifier: BSD-2-Clause
#include "base/cidr.h"
#include "fuzz.h"

static void check_ip(const struct ip *ip)
{
    struct ip again;
    char text[CIDR_TEXT_MAX], reversed[IP_REVERSED_MAX];
    ip_format(ip, text);
    FUZZ_CHECK(ip_parse(slice_from(text), &again) && ip_equal(ip, &again));
    ip_reversed(ip, reversed);
    if (ip->bits == 128) {
        FUZZ_CHECK(strlen(reversed) == 63);
        return;
    }
    FUZZ_CHECK(ip_parse(slice_from(reversed), &again));
    ip_reversed(&again, reversed);
    FUZZ_CHECK(strcmp(reversed, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size);
    struct ip ip;
    struct cidr network, again;
    char text[CIDR_TEXT_MAX];
    if (ip_parse(in, &ip))
        check_ip(&ip);
    if (!cidr_parse(in, &network))
        return 0;
    FUZZ_CHECK(network.prefix <= network.base.bits && cidr_contains(&network, &network.base));
    cidr_format(&network, text);
    FUZZ_CHECK(cidr_parse(slice_from(text), &again) && again.prefix == network.prefix);
    FUZZ_CHECK(ip_equal(&network.base, &again.base));
    again = cidr_of(&network.base, network.prefix);
    FUZZ_CHECK(ip_equal(&network.base, &again.base));
    check_ip(&network.base);
    return 0;
}
