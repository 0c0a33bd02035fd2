// SPDX-License-Identifier: BSD-2-Clause
// Bodies of Autodiscover requests: what is read is bounded, and an address that is taken from it has a
// domain.
#include "console/mua/mua_address.h"
#include "console/mua/mua_request.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    char text[ADDRESS_MAX + 1], host[ADDRESS_DOMAIN_MAX + 1];
    struct mua_address address;
    if (mua_request_address(in, text)) {
        FUZZ_CHECK(strlen(text) > 0 && strlen(text) <= ADDRESS_MAX && size <= MUA_REQUEST_MAX);
        FUZZ_CHECK(mua_address_read(slice_from(text), &address) == (*address.domain != '\0'));
    } else {
        FUZZ_CHECK(*text == '\0');
    }
    FUZZ_CHECK(mua_address_host(in, host) == (*host != '\0'));
    return 0;
}
