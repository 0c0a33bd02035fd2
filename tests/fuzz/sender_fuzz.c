// SPDX-License-Identifier: BSD-2-Clause
#include "base/sender.h"
#include "fuzz.h"

static void check_text(const char *key)
{
    size_t len = strlen(key);
    FUZZ_CHECK(len > 0 && len <= ADDRESS_MAX);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(key[i] >= ' ' && key[i] <= '~' && !(key[i] >= 'A' && key[i] <= 'Z'));
}

// As policyd does: an address is folded first.
static void normalise(struct slice in, char key[ADDRESS_MAX + 1])
{
    char folded[ADDRESS_MAX + 1];
    sender_normalise(address_fold(in, folded) == ADDRESS_OK ? slice_from(folded) : in, key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_make((const char *)data, size);
    char key[ADDRESS_MAX + 1], key_of_lower[ADDRESS_MAX + 1], folded[ADDRESS_MAX + 1];
    char untagged[ADDRESS_MAX + 1], lower[1024];
    normalise(in, key);
    check_text(key);
    if (slice_copy_lower(in, lower, sizeof lower)) {
        normalise(slice_make(lower, size), key_of_lower);
        FUZZ_CHECK(strcmp(key, key_of_lower) == 0);
    }
    if (address_fold(in, folded) == ADDRESS_OK && sender_untagged(slice_from(folded), untagged)) {
        FUZZ_CHECK(strlen(untagged) > 0 && strlen(untagged) < strlen(folded));
        FUZZ_CHECK(strcmp(strrchr(untagged, '@'), strrchr(folded, '@')) == 0);
    }
    return 0;
}
