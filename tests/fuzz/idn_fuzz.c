// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz.h"
#include "idn/idn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_make((const char *)data, size);
    char name[ADDRESS_DOMAIN_MAX + 1], once[ADDRESS_MAX + 1], twice[ADDRESS_MAX + 1], text[IDN_TEXT_MAX + 1];
    struct slice local, domain;
    if (idn_domain(in, name))
        FUZZ_CHECK(address_domain_valid(slice_from(name)) && idn_domain(slice_from(name), twice) &&
                   strcmp(name, twice) == 0);
    const enum address_rc plain = address_fold(in, twice), folded = idn_address_fold(in, once);
    FUZZ_CHECK((folded == ADDRESS_OK) == (once[0] != '\0') && strlen(once) <= ADDRESS_MAX);
    if (plain == ADDRESS_OK)
        FUZZ_CHECK(folded == ADDRESS_OK && strcmp(once, twice) == 0);
    if (folded == ADDRESS_OK)
        FUZZ_CHECK(address_fold(slice_from(once), twice) == ADDRESS_OK && strcmp(once, twice) == 0);
    const struct slice ascii = idn_to_ascii(in, text);
    FUZZ_CHECK(ascii.ptr == in.ptr ? ascii.len == in.len : ascii.ptr == text && text[ascii.len] == '\0');
    if (ascii.ptr == text && slice_split_last(in, '@', &local, &domain))
        FUZZ_CHECK(slice_has_prefix(ascii, slice_make(in.ptr, local.len + 1)) &&
                   !memchr(text + local.len + 1, '@', ascii.len - local.len - 1));
    return 0;
}
