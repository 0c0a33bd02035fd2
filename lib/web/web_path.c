// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_path.h"

#include "web/web_decode.h"

#include <ctype.h>
#include <stdio.h>

// The name within "{name}suffix", and the suffix. Returns false for a literal segment.
static bool split_segment(struct slice segment, struct slice *name, struct slice *suffix)
{
    return segment.len > 0 && segment.ptr[0] == '{' && slice_split(slice_skip(segment, 1), '}', name, suffix);
}

static bool match_segment(struct slice wanted, struct slice segment, char *room, struct web_form *parts)
{
    struct slice name, suffix, value;
    if (!split_segment(wanted, &name, &suffix))
        return slice_equal(wanted, segment);
    if (!slice_has_suffix(segment, suffix) || segment.len == suffix.len)
        return false;
    segment.len -= suffix.len;
    return web_decode(segment, WEB_ENCODED_PATH, room, &value) && value.len <= WEB_PART_MAX &&
           web_form_add(parts, name, value);
}

bool web_path_match(const char *pattern, struct slice path, char *room, struct web_form *parts)
{
    const unsigned before = parts->count;
    struct slice wanted = slice_from(pattern), segment_wanted, segment;
    bool more_wanted = true, more = true;
    while (more_wanted && more) {
        more_wanted = slice_split(wanted, '/', &segment_wanted, &wanted);
        more = slice_split(path, '/', &segment, &path);
        if (!match_segment(segment_wanted, segment, room, parts)) {
            parts->count = before;
            return false;
        }
        room += segment.len;
    }
    if (more_wanted != more)
        parts->count = before;
    return more_wanted == more;
}

static void put_encoded(FILE *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];
        // RFC 3986 section 3.3: what a segment may have, and what browsers leave as it is.
        fprintf(out, isalnum(byte) || (byte && strchr("-._~@!$'()*,;:=+", byte)) ? "%c" : "%%%02X", byte);
    }
}

static bool put_path(FILE *out, struct slice pattern, const struct web_form *parts)
{
    bool more = true;
    for (bool first = true; more; first = false) {
        struct slice segment, name, suffix;
        char named[WEB_FIELD_NAME_MAX];
        more = slice_split(pattern, '/', &segment, &pattern);
        if (!first)
            fputc('/', out);
        if (!split_segment(segment, &name, &suffix)) {
            fwrite(segment.ptr, 1, segment.len, out);
            continue;
        }
        if (!slice_copy(name, named, sizeof named) || !web_form_get(parts, named).ptr)
            return false;
        put_encoded(out, web_form_get(parts, named));
        fwrite(suffix.ptr, 1, suffix.len, out);
    }
    return true;
}

bool web_path_make(const char *pattern, const struct web_form *parts, char *out, size_t size)
{
    FILE *stream = fmemopen(out, size, "w");
    if (!stream)
        return false;
    const bool complete = put_path(stream, slice_from(pattern), parts);
    const bool fits = fflush(stream) == 0 && ftell(stream) < (long)size;
    return fclose(stream) == 0 && complete && fits;
}
