// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_cookie.h"

struct slice web_cookie_find(struct slice header, const char *name)
{
    struct slice found = slice_make(NULL, 0);
    for (unsigned i = 0; i < WEB_COOKIES_MAX && header.len > 0; i++) {
        struct slice pair, cookie, value;
        (void)slice_split(header, ';', &pair, &header);
        if (!slice_split(slice_trim(pair), '=', &cookie, &value) || !slice_equal(cookie, slice_from(name)))
            continue;
        if (found.ptr)
            return slice_make(NULL, 0);
        found = value;
    }
    return found;
}
