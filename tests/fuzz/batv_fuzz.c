// SPDX-License-Identifier: BSD-2-Clause
// Input: four bytes of a day and one of a delimiter, then an address. A signed address must verify, keep its
// mailbox and not be signed again; nothing verifies that was not signed.
#include "fuzz.h"
#include "milter/batv/batv.h"

#define HEADER 5
#define DAY 86400

static struct batv_keys keys;

static void check_signed(struct slice sender, const char *tagged, char delimiter, int64_t now)
{
    char original[ADDRESS_MAX + 1], again[ADDRESS_MAX + 1], folded[ADDRESS_MAX + 1],
        refolded[ADDRESS_MAX + 1];
    struct address address;
    FUZZ_CHECK(address_parse(slice_from(tagged), &address) == ADDRESS_OK &&
               address.local.len <= BATV_LOCAL_MAX);
    FUZZ_CHECK(batv_verify(&keys, slice_from(tagged), delimiter, now, original) == BATV_VALID);
    FUZZ_CHECK(address_fold(sender, folded) == ADDRESS_OK);
    FUZZ_CHECK(address_fold(slice_from(original), refolded) == ADDRESS_OK && strcmp(folded, refolded) == 0);
    FUZZ_CHECK(batv_sign(&keys, slice_from(tagged), delimiter, now, again) == BATV_SIGNED_BEFORE &&
               !again[0]);
    FUZZ_CHECK(batv_verify(&keys, slice_from(tagged), delimiter, now + (BATV_DAYS + 1) * DAY, original) ==
               BATV_EXPIRED);
    // Folded, as a host on the way may leave it, it still verifies.
    FUZZ_CHECK(address_fold(slice_from(tagged), folded) == ADDRESS_OK);
    FUZZ_CHECK(batv_verify(&keys, slice_from(folded), delimiter, now, original) == BATV_VALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem;
    char tagged[ADDRESS_MAX + 1], original[ADDRESS_MAX + 1];
    uint32_t day;
    if (size < HEADER)
        return 0;
    if (keys.count == 0)
        FUZZ_CHECK(batv_keys_parse(SLICE("1 correct horse battery staple"), &keys, &problem));
    memcpy(&day, data, sizeof day);
    const char delimiter = data[4] & 1 ? '+' : '-';
    const int64_t now = (int64_t)day * DAY;
    const struct slice address = slice_make((const char *)data + HEADER, size - HEADER);
    if (batv_sign(&keys, address, delimiter, now, tagged) == BATV_SIGNED)
        check_signed(address, tagged, delimiter, now);
    const enum batv_rc rc = batv_verify(&keys, address, delimiter, now, original);
    FUZZ_CHECK(rc != BATV_VALID && rc != BATV_UNCHECKED);
    FUZZ_CHECK((rc == BATV_NO_TAG) == (original[0] == '\0'));
    return 0;
}
