// SPDX-License-Identifier: BSD-2-Clause
// Any text as a token: no text but one that was signed is valid, and each token has one form.
#include "notifier/token/probe_token.h"

#include "fuzz.h"

static const struct probe_token_keys keys = {.current = "a key for the harness, 32 characters",
                                             .previous = "the key before that, 32 characters too"};

// A token that is made of the input.
static void check_own(const uint8_t *data, size_t size)
{
    char text[PROBE_TOKEN_LEN + 1];
    uint32_t numbers[3] = {0};
    struct probe_token token, again;
    memcpy(numbers, data, size < sizeof numbers ? size : sizeof numbers);
    token = (struct probe_token){.place = (enum probe_token_place)(1 + size % 3),
                                 .domain = numbers[0],
                                 .sequence = numbers[1],
                                 .sent = numbers[2]};
    FUZZ_CHECK(probe_token_write(&keys, &token, text));
    FUZZ_CHECK(probe_token_read(&keys, slice_from(text), token.sent, &again) == PROBE_TOKEN_VALID);
    FUZZ_CHECK(again.place == token.place && again.domain == token.domain &&
               again.sequence == token.sequence && again.sent == token.sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    struct probe_token token;
    const struct slice found = probe_token_find(in);
    FUZZ_CHECK(found.len == 0 || (found.len == PROBE_TOKEN_LEN && fuzz_within(found, in)));
    const enum probe_token_rc rc = probe_token_read(&keys, found, 1795944614, &token);
    FUZZ_CHECK(rc == PROBE_TOKEN_NONE || rc == PROBE_TOKEN_FORGED);
    FUZZ_CHECK(size == PROBE_TOKEN_LEN || probe_token_read(&keys, in, 0, &token) == PROBE_TOKEN_NONE);
    check_own(data, size);
    return 0;
}
