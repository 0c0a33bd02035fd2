// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "policyd/dnsbl/dnsbl_replies.h"

// Replies that never count, whatever was chosen.
static void check_never(const struct dnsbl_replies *replies)
{
    for (unsigned octet = 0; octet < 256; octet++) {
        const uint8_t error[] = {127, 255, 255, (uint8_t)octet}, foreign[] = {(uint8_t)octet, 0, 0, 2};
        FUZZ_CHECK(dnsbl_replies_judge(replies, octet % 2, error) == DNSBL_REPLY_ERROR);
        if (octet != 127)
            FUZZ_CHECK(dnsbl_replies_judge(replies, octet % 2, foreign) == DNSBL_REPLY_OTHER);
    }
    FUZZ_CHECK(dnsbl_replies_judge(replies, true, (const uint8_t[]){127, 0, 0, 255}) == DNSBL_REPLY_ERROR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dnsbl_replies replies, again;
    if (!dnsbl_replies_parse(slice_make((const char *)data, size), &replies))
        return 0;
    FUZZ_CHECK(replies.count <= DNSBL_PATTERNS_MAX);
    check_never(&replies);
    // Said twice it is the same.
    char *twice = malloc(2 * size + 1);
    FUZZ_CHECK(twice);
    memcpy(twice, data, size);
    twice[size] = ',';
    memcpy(twice + size + 1, data, size);
    FUZZ_CHECK(dnsbl_replies_parse(slice_make(twice, 2 * size + 1), &again));
    FUZZ_CHECK(again.count == replies.count);
    FUZZ_CHECK(memcmp(again.patterns, replies.patterns, replies.count * sizeof replies.patterns[0]) == 0);
    free(twice);
    return 0;
}
