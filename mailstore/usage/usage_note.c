// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/usage/usage_note.h"

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

bool usage_note_user(struct slice tail, struct slice name, char out[USAGE_USER_MAX])
{
    const struct slice suffix = SLICE(USAGE_SUFFIX);
    if (name.len <= suffix.len || !slice_has_suffix(name, suffix) || !is_printable(name) ||
        !is_printable(tail))
        return false;
    const struct slice head = slice_make(name.ptr, name.len - suffix.len);
    if ((tail.len > 0 && head.len != USAGE_HEAD) || head.len + tail.len >= USAGE_USER_MAX)
        return false;
    memcpy(out, head.ptr, head.len);
    return slice_copy(tail, out + head.len, USAGE_USER_MAX - head.len);
}

// Takes a line off the text.
static struct slice take_line(struct slice *text)
{
    const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    const struct slice line = slice_make(text->ptr, end ? (size_t)(end - text->ptr) : text->len);
    const size_t used = line.len + (end ? 1 : 0);
    *text = slice_make(text->ptr + used, text->len - used);
    return line;
}

bool usage_note_read(struct slice text, struct usage_note *note)
{
    *note = (struct usage_note){.bytes = -1, .messages = -1};
    while (text.len) {
        const struct slice key = take_line(&text), value = take_line(&text);
        const bool is_bytes = slice_equal(key, SLICE("priv/quota/storage"));
        unsigned long long number;
        if (!is_bytes && !slice_equal(key, SLICE("priv/quota/messages")))
            continue;
        if (!slice_number(value, INT64_MAX, &number))
            return false;
        *(is_bytes ? &note->bytes : &note->messages) = (int64_t)number;
    }
    return note->bytes >= 0 && note->messages >= 0;
}
