// SPDX-License-Identifier: BSD-2-Clause
// Input: a request of the console. What is read is bounded, and each field ends in NUL.
#include "consoleauth/request/auth_request.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct auth_request request;
    if (!auth_request_parse(slice_make((const char *)data, size), &request))
        return 0;
    FUZZ_CHECK(size <= AUTH_REQUEST_MAX && request.verb < AUTH_VERBS && request.used <= sizeof request.text);
    for (unsigned field = 0; field < AUTH_FIELDS; field++) {
        const struct slice text = auth_request_field(&request, (enum auth_field)field);
        FUZZ_CHECK(fuzz_within(text, slice_make(request.text, request.used)));
        FUZZ_CHECK(strlen(auth_request_text(&request, (enum auth_field)field)) == text.len);
    }
    return 0;
}
