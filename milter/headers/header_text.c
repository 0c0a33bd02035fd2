// SPDX-License-Identifier: BSD-2-Clause
#include "milter/headers/header_text.h"

#define LINE_MAX 78

static const struct slice fold = {"\n\t", 2}, ellipsis = {"...", 3};

static bool is_printable(char byte)
{
    return byte >= ' ' && byte <= '~';
}

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_atext(char byte)
{
    return is_alphanumeric(byte) || (byte && strchr("!#$%&'*+-/=?^_`{|}~", byte));
}

void header_text_begin(struct header_text *text, size_t name_len, char *out, size_t size)
{
    text->out = out;
    text->size = size;
    text->len = 0;
    text->column = name_len + 2;
    text->word_len = 0;
    out[0] = '\0';
}

static void put_byte(struct header_text *text, char byte)
{
    if (text->word_len < HEADER_WORD_MAX)
        text->word[text->word_len++] = byte;
}

static void put_shown(struct header_text *text, char byte, bool allowed)
{
    if (!allowed)
        byte = '?';
    put_byte(text, byte);
}

void header_text_put(struct header_text *text, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        put_shown(text, bytes.ptr[i], is_printable(bytes.ptr[i]));
}

static void write_bytes(struct header_text *text, struct slice bytes)
{
    memcpy(text->out + text->len, bytes.ptr, bytes.len);
    text->len += bytes.len;
}

void header_text_break(struct header_text *text)
{
    const struct slice word = slice_make(text->word, text->word_len);
    struct slice gap = text->len ? SLICE(" ") : SLICE("");
    text->word_len = 0;
    if (word.len == 0)
        return;
    if (text->len && text->column + 1 + word.len > LINE_MAX) {
        gap = fold;
        text->column = 0;
    }
    if (text->len + gap.len + word.len >= text->size)
        return;
    write_bytes(text, gap);
    write_bytes(text, word);
    text->column += (gap.len > 0) + word.len;
}

// The part of `content` that fits in `max` bytes with an ellipsis; `*cut`: it is not all.
static struct slice shown(struct slice content, size_t max, bool *cut)
{
    *cut = content.len > max;
    return *cut ? slice_make(content.ptr, max - ellipsis.len) : content;
}

void header_text_quote(struct header_text *text, struct slice content)
{
    bool cut;
    content = shown(content, HEADER_VALUE_MAX, &cut);
    put_byte(text, '"');
    for (size_t i = 0; i < content.len; i++) {
        const char byte = content.ptr[i];
        if (byte == '"' || byte == '\\')
            put_byte(text, '\\');
        put_shown(text, byte, is_printable(byte));
    }
    if (cut)
        header_text_put(text, ellipsis);
    put_byte(text, '"');
}

void header_text_comment(struct header_text *text, struct slice content)
{
    bool cut;
    content = shown(slice_trim(content), HEADER_COMMENT_MAX, &cut);
    if (content.len == 0)
        return;
    header_text_break(text);
    put_byte(text, '(');
    for (size_t i = 0; i < content.len; i++) {
        const char byte = content.ptr[i];
        if (byte == ' ')
            header_text_break(text);
        else
            put_shown(text, byte, is_printable(byte) && !strchr("()\\", byte));
    }
    if (cut)
        header_text_put(text, ellipsis);
    put_byte(text, ')');
    header_text_break(text);
}

size_t header_text_finish(struct header_text *text)
{
    header_text_break(text);
    text->out[text->len] = '\0';
    return text->len;
}

bool header_text_is_dot_atom(struct slice in)
{
    bool dot = true;
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] == '.' ? dot : !is_atext(in.ptr[i]))
            return false;
        dot = in.ptr[i] == '.';
    }
    return !dot;
}

struct slice header_text_address(struct slice address)
{
    struct slice local, domain;
    if (!slice_split_last(address, '@', &local, &domain))
        return address;
    for (size_t i = 0; i < local.len; i++)
        if (local.ptr[i] & 0x80)
            return slice_skip(address, local.len);
    return address;
}

bool header_text_is_token(struct slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (!is_printable(in.ptr[i]) || strchr(" ()<>@,;:\\\"/[]?=", in.ptr[i]))
            return false;
    return in.len > 0;
}
