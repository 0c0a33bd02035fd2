// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_cookie.h"
#include "web/web_decode.h"
#include "web/web_form.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    struct web_form form = {.count = 0};
    char *room = malloc(size + 1);
    FUZZ_CHECK(room);
    const bool is_form = web_form_parse(in, room, &form);
    for (unsigned i = 0; i < form.count; i++) {
        FUZZ_CHECK(fuzz_within(form.fields[i].name, slice_make(room, size)));
        FUZZ_CHECK(fuzz_within(form.fields[i].value, slice_make(room, size)));
        FUZZ_CHECK(form.fields[i].name.len > 0 && form.fields[i].name.len <= WEB_FIELD_NAME_MAX);
        FUZZ_CHECK(web_is_text(form.fields[i].name) && web_is_text(form.fields[i].value));
    }
    // In place it is the same.
    if (size > 0)
        memcpy(room, data, size);
    struct web_form same = {.count = 0};
    FUZZ_CHECK(web_form_parse(slice_make(room, size), room, &same) == is_form && same.count == form.count);
    FUZZ_CHECK(fuzz_within(web_cookie_find(in, "a"), in));
    free(room);
    return 0;
}
