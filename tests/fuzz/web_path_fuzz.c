// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_decode.h"
#include "web/web_path.h"

#include "fuzz.h"

static void check_pattern(const char *pattern, struct slice path)
{
    struct web_form parts = {.count = 0}, same = {.count = 0};
    char *room = malloc(path.len + 1), out[4000], out_room[sizeof out];
    FUZZ_CHECK(room);
    if (web_path_match(pattern, path, room, &parts)) {
        for (unsigned i = 0; i < parts.count; i++) {
            FUZZ_CHECK(fuzz_within(parts.fields[i].value, slice_make(room, path.len)));
            FUZZ_CHECK(parts.fields[i].value.len > 0 && parts.fields[i].value.len <= WEB_PART_MAX);
            FUZZ_CHECK(web_is_text(parts.fields[i].value));
        }
        FUZZ_CHECK(web_path_make(pattern, &parts, out, sizeof out));
        FUZZ_CHECK(web_path_match(pattern, slice_from(out), out_room, &same) && same.count == parts.count);
        for (unsigned i = 0; i < parts.count; i++)
            FUZZ_CHECK(slice_equal(same.fields[i].value, parts.fields[i].value));
    } else {
        FUZZ_CHECK(parts.count == 0);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    check_pattern("/d/{d}/mailboxes/{a}", in);
    check_pattern("/d/{d}", in);
    check_pattern("/r/{m}.html", in);
    check_pattern("/", in);
    return 0;
}
