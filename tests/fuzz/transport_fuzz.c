// SPDX-License-Identifier: BSD-2-Clause
#include "base/transport.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size);
    struct transport transport, again;
    char text[512];
    if (!transport_parse(in, &transport))
        return 0;
    FUZZ_CHECK(transport.port && transport.host.len && fuzz_within(transport.host, in));
    const char *form = transport.kind == TRANSPORT_NAME ? "%.*s:%u" : "[%.*s]:%u";
    snprintf(text, sizeof text, form, (int)transport.host.len, transport.host.ptr, transport.port);
    FUZZ_CHECK(transport_parse(slice_from(text), &again));
    FUZZ_CHECK(again.kind == transport.kind && again.port == transport.port);
    FUZZ_CHECK(slice_equal(again.host, transport.host));
    return 0;
}
