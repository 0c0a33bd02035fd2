// SPDX-License-Identifier: BSD-2-Clause
#include "base/address.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size), base, extension;
    struct address address;
    char once[ADDRESS_MAX + 1], twice[ADDRESS_MAX + 1];
    bool split = address_extension(in, '+', &base, &extension);
    FUZZ_CHECK(base.len + split + extension.len == in.len);
    FUZZ_CHECK(!address_domain_valid(in) || !memchr(data, '@', size));
    enum address_rc parsed = address_parse(in, &address), folded = address_fold(in, once);
    if (parsed == ADDRESS_OK)
        FUZZ_CHECK(address.local.len && fuzz_within(address.local, in) && fuzz_within(address.domain, in));
    FUZZ_CHECK(folded == parsed || folded == ADDRESS_BAD); // quotes may make it too long
    FUZZ_CHECK(strlen(once) <= ADDRESS_MAX && (folded == ADDRESS_OK) == (once[0] != '\0'));
    if (folded == ADDRESS_OK)
        FUZZ_CHECK(address_fold(slice_from(once), twice) == ADDRESS_OK && strcmp(once, twice) == 0);
    return 0;
}
