// SPDX-License-Identifier: BSD-2-Clause
// Input: a byte whose lowest bit chooses IPv6, the 16 bytes of the address, the client's name.
#include "fuzz.h"
#include "policyd/identity/identity.h"

#define HEADER 17

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct identity_rules *rules;
    struct ip client = {.bits = 32};
    struct identity identity;
    if (size < HEADER)
        return 0;
    if (!rules)
        rules = identity_rules_create();
    FUZZ_CHECK(rules);
    client.bits = data[0] & 1 ? 128 : 32;
    memcpy(client.bytes, data + 1, client.bits / 8);
    struct slice name = slice_make((const char *)data + HEADER, size - HEADER);
    identity_of(rules, &client, name, &identity);
    if (identity.named) {
        FUZZ_CHECK(address_domain_valid(slice_from(identity.text)));
        FUZZ_CHECK(slice_has_suffix_nocase(name, slice_from(identity.text)));
        FUZZ_CHECK(!identity_name_dynamic(name, &client));
    } else {
        FUZZ_CHECK(strcmp(identity.text, identity.network) == 0);
    }
    return 0;
}
