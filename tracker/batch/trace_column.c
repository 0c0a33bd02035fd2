// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/batch/trace_column.h"

#include "base/memory.h"

#include <stdlib.h>

enum { NUMBER_MAX = 24, SECOND = 1000000, MINIMUM_SIZE = 4096 };

// Room for `count` more bytes; the write position.
static char *reserve(struct trace_column *column, size_t count)
{
    if (column->len + count > column->size) {
        column->size = (column->len + count) * 2 + MINIMUM_SIZE;
        column->text = memory_or_exit(realloc(column->text, column->size));
    }
    return column->text + column->len;
}

void trace_column_clear(struct trace_column *column)
{
    column->len = 0;
}

void trace_column_finish(struct trace_column *column)
{
    free(column->text);
    *column = (struct trace_column){.text = NULL};
}

static char *separate(struct trace_column *column, size_t count)
{
    char *out = reserve(column, count + 1);
    *out = column->len ? ',' : '{';
    column->len++;
    return out + 1;
}

void trace_column_word(struct trace_column *column, struct slice value)
{
    const struct slice word = value.len ? value : SLICE("null");
    memcpy(separate(column, word.len), word.ptr, word.len);
    column->len += word.len;
}

// Bytes of the UTF-8 character at `in` (RFC 3629 section 4); 0: it is none.
static size_t character(struct slice in)
{
    const unsigned char *at = (const unsigned char *)in.ptr;
    const size_t count = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    uint32_t code = at[0] & (0x7fU >> count);
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (at[0] < 0xc2 || at[0] > 0xf4 || in.len < count)
        return 0;
    for (size_t i = 1; i < count; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    // C1 controls, surrogates; the marks that turn the direction of what follows (Unicode TR 36 section 2).
    if (code < least[count] || code > 0x10ffff || code < 0xa0 || (code >= 0xd800 && code <= 0xdfff) ||
        (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
        return 0;
    return count;
}

static size_t put_character(char *out, struct slice in, size_t *taken)
{
    const char c = in.ptr[0];
    *taken = 1;
    if (c == '"' || c == '\\') {
        out[0] = '\\';
        out[1] = c;
        return 2;
    }
    if (c >= ' ' && c <= '~') {
        out[0] = c;
        return 1;
    }
    const size_t count = (unsigned char)c >= 0x80 ? character(in) : 0;
    if (count == 0) {
        out[0] = '?';
        return 1;
    }
    memcpy(out, in.ptr, count);
    *taken = count;
    return count;
}

void trace_column_text(struct trace_column *column, struct slice value, size_t max)
{
    size_t taken = 1, len = 0;
    if (!value.ptr) {
        trace_column_word(column, value);
        return;
    }
    char *out = separate(column, 2 * (value.len < max ? value.len : max) + 3);
    out[len++] = '"';
    for (size_t i = 0; i < value.len; i += taken) {
        char one[4];
        const size_t count = put_character(one, slice_skip(value, i), &taken);
        if (i + taken > max)
            break;
        memcpy(out + len, one, count);
        len += count;
    }
    out[len++] = '"';
    column->len += len;
}

static size_t put_digits(char *end, uint64_t value)
{
    size_t len = 0;
    do
        *(end - ++len) = (char)('0' + value % 10);
    while (value /= 10);
    return len;
}

void trace_column_number(struct trace_column *column, int64_t value)
{
    char text[NUMBER_MAX];
    const size_t len = value < 0 ? 0 : put_digits(text + sizeof text, (uint64_t)value);
    trace_column_word(column, slice_make(text + sizeof text - len, len));
}

void trace_column_time(struct trace_column *column, int64_t time)
{
    char text[NUMBER_MAX + 8];
    if (time < 0) {
        trace_column_word(column, (struct slice){NULL, 0});
        return;
    }
    char *end = text + sizeof text;
    (void)put_digits(end, (uint64_t)(time % SECOND) + SECOND); // a "1", then six digits
    end -= 7;
    *end = '.';
    const size_t len = put_digits(end, (uint64_t)(time / SECOND));
    trace_column_word(column, slice_make(end - len, len + 7));
}

void trace_column_flag(struct trace_column *column, bool value)
{
    trace_column_word(column, value ? SLICE("t") : SLICE("f"));
}

const char *trace_column_literal(struct trace_column *column)
{
    char *out = reserve(column, 3);
    if (column->len == 0)
        memcpy(out, "{}", 3);
    else
        memcpy(out, "}", 2);
    return column->text;
}
