// SPDX-License-Identifier: BSD-2-Clause
// Input: a key file.
#include "fuzz.h"
#include "milter/batv/batv_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct batv_keys keys;
    struct problem problem = {.text = ""};
    unsigned ids = 0;
    if (!batv_keys_parse(slice_make((const char *)data, size), &keys, &problem)) {
        FUZZ_CHECK(problem.text[0] && keys.count == 0);
        return 0;
    }
    FUZZ_CHECK(keys.count > 0 && keys.count <= BATV_KEYS_MAX);
    for (size_t i = 0; i < keys.count; i++) {
        const struct batv_key *key = &keys.keys[i];
        FUZZ_CHECK(key->id <= 9 && !(ids & 1U << key->id));
        FUZZ_CHECK(key->len >= BATV_KEYS_SECRET_MIN && key->len <= BATV_KEYS_SECRET_MAX);
        FUZZ_CHECK(memmem(data, size, key->secret, key->len));
        ids |= 1U << key->id;
    }
    return 0;
}
