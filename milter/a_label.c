// SPDX-License-Identifier: BSD-2-Clause
#include "milter/a_label.h"

#include <idn2.h>
#include <stdio.h>

#define DOMAIN_MAX 512 // bytes of UTF-8

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] & 0x80)
            return false;
    return true;
}

bool a_label_address(struct slice address, char *out, size_t size)
{
    char domain[DOMAIN_MAX + 1], *converted = NULL;
    struct slice local, given;
    if (!slice_split_last(address, '@', &local, &given) || is_ascii(given) ||
        !slice_copy(given, domain, sizeof domain) ||
        idn2_to_ascii_8z(domain, &converted, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return slice_copy(address, out, size);
    const int len = snprintf(out, size, "%.*s@%s", (int)local.len, local.ptr, converted);
    idn2_free(converted);
    return len >= 0 && (size_t)len < size;
}
