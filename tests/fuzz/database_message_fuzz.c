// SPDX-License-Identifier: BSD-2-Clause
#include "console/message/database_message.h"
#include "web/web_location.h"

#include "fuzz.h"

static const char *same(const char *english)
{
    return english;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    char *message = malloc(size + 1), location[1000];
    FUZZ_CHECK(message);
    memcpy(message, data, size);
    message[size] = '\0';
    char *text = database_message_text(message, same);
    FUZZ_CHECK(text);
    if (web_location_check(in) && web_location_add(in, "next", in, location, sizeof location))
        FUZZ_CHECK(web_location_check(slice_from(location)));
    free(text);
    free(message);
    return 0;
}
