// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_location.h"

#include <ctype.h>
#include <stdio.h>

bool web_location_check(struct slice location)
{
    if (location.len == 0 || location.ptr[0] != '/' || (location.len > 1 && location.ptr[1] == '/'))
        return false;
    for (size_t i = 0; i < location.len; i++) {
        const unsigned char byte = (unsigned char)location.ptr[i];
        if (byte <= ' ' || byte >= 0x7F || strchr("\\#\"<>", byte))
            return false;
    }
    return true;
}

static void put_value(FILE *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];
        fprintf(out, isalnum(byte) || (byte && strchr("-._~@/", byte)) ? "%c" : "%%%02X", byte);
    }
}

bool web_location_add(struct slice location, const char *name, struct slice value, char *out, size_t size)
{
    FILE *stream = fmemopen(out, size, "w");
    if (!stream)
        return false;
    const bool has_query = memchr(location.ptr, '?', location.len) != NULL;
    fprintf(stream, "%.*s%c%s=", (int)location.len, location.ptr, has_query ? '&' : '?', name);
    put_value(stream, value);
    const bool fits = fflush(stream) == 0 && ftell(stream) < (long)size;
    return fclose(stream) == 0 && fits;
}
