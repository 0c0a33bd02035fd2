// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "queuewatch/postfix/flush_log.h"

// Two pieces hold the lines that the whole holds.
static void check_pieces(struct slice in, size_t cut, size_t count)
{
    struct queue_id id;
    struct slice rest = slice_make(in.ptr, cut);
    size_t seen = 0;
    while (flush_log_next(&rest, &id))
        seen++;
    FUZZ_CHECK(rest.len <= cut && (rest.len == 0 || !memchr(rest.ptr, '\n', rest.len)));
    rest = slice_skip(in, cut - rest.len);
    while (flush_log_next(&rest, &id))
        seen++;
    FUZZ_CHECK(seen == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    struct slice rest = in;
    struct queue_id id;
    char name[64];
    size_t count = 0;
    while (flush_log_next(&rest, &id)) {
        FUZZ_CHECK(fuzz_within(rest, in));
        count++;
    }
    check_pieces(in, size / 2, count);
    check_pieces(in, size / 3, count);
    if (flush_log_name(in, name, sizeof name))
        for (size_t i = 0; i < size; i++)
            FUZZ_CHECK(name[i] == '_' || (name[i] >= 'a' && name[i] <= 'z') ||
                       (name[i] >= '0' && name[i] <= '9'));
    return 0;
}
