// SPDX-License-Identifier: BSD-2-Clause
#include "console/mua/mua_request.h"

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && is_space(*text.ptr))
        text = slice_skip(text, 1);
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

// `tag` is what is between "<" and ">" of a start tag.
static bool is_address_tag(struct slice tag)
{
    struct slice prefix, name = {tag.ptr, 0}, local;
    while (name.len < tag.len && !is_space(tag.ptr[name.len]))
        name.len++;
    return slice_equal_nocase(slice_split_last(name, ':', &prefix, &local) ? local : name,
                              SLICE("EMailAddress"));
}

// Finds the text between the first start tag of that name and the next "<", which must begin an end tag.
static bool find_text(struct slice body, struct slice *out)
{
    struct slice before, rest = body, tag, after;
    while (slice_split(rest, '<', &before, &rest)) {
        if (!slice_split(rest, '>', &tag, &after))
            return false;
        if (is_address_tag(tag))
            return slice_split(after, '<', out, &rest) && slice_has_prefix(rest, SLICE("/"));
    }
    return false;
}

// The character that a reference at the front of `text` stands for, and the reference's length; 0: none.
static size_t read_reference(struct slice text, char *out)
{
    static const struct {
        struct slice name;
        char character;
    } references[] = {{{"&amp;", 5}, '&'},
                      {{"&lt;", 4}, '<'},
                      {{"&gt;", 4}, '>'},
                      {{"&quot;", 6}, '"'},
                      {{"&apos;", 6}, '\''}};
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (slice_has_prefix(text, references[i].name)) {
            *out = references[i].character;
            return references[i].name.len;
        }
    return 0;
}

static bool copy_text(struct slice text, char out[ADDRESS_MAX + 1])
{
    size_t len = 0;
    while (text.len > 0 && len < ADDRESS_MAX) {
        size_t taken = 1;
        out[len] = *text.ptr;
        if (*text.ptr == '&' && (taken = read_reference(text, &out[len])) == 0)
            return false;
        text = slice_skip(text, taken);
        len++;
    }
    out[len] = '\0';
    return len > 0 && text.len == 0;
}

bool mua_request_address(struct slice body, char out[ADDRESS_MAX + 1])
{
    struct slice text;
    const bool is_read = body.len > 0 && body.len <= MUA_REQUEST_MAX && !memchr(body.ptr, '\0', body.len) &&
                         !memmem(body.ptr, body.len, "<!", 2) && find_text(body, &text) &&
                         copy_text(trim(text), out);
    if (!is_read)
        *out = '\0';
    return is_read;
}
