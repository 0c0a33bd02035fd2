// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void reserve(struct setup_text *text, size_t more)
{
    if (text->size - text->len > more)
        return;
    const size_t size = 2 * (text->len + more) + 64;
    text->ptr = memory_or_exit(realloc(text->ptr, size));
    text->size = size;
}

void setup_text_add(struct setup_text *text, struct slice more)
{
    reserve(text, more.len);
    if (more.len)
        memcpy(text->ptr + text->len, more.ptr, more.len);
    text->len += more.len;
}

void setup_text_print(struct setup_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (need > 0) {
        reserve(text, (size_t)need + 1);
        (void)vsnprintf(text->ptr + text->len, (size_t)need + 1, format, again);
        text->len += (size_t)need;
    }
    va_end(again);
}

struct slice setup_text_slice(const struct setup_text *text)
{
    return text->ptr ? slice_make(text->ptr, text->len) : SLICE("");
}

const char *setup_text_string(struct setup_text *text)
{
    reserve(text, 1);
    text->ptr[text->len] = '\0';
    return text->ptr;
}

void setup_text_finish(struct setup_text *text)
{
    free(text->ptr);
    *text = (struct setup_text){0};
}

bool setup_text_holds(struct slice text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

struct slice setup_line_next(struct slice *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    const struct slice line = slice_make(rest->ptr, end ? (size_t)(end - rest->ptr) + 1 : rest->len);
    *rest = slice_skip(*rest, line.len);
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice setup_line_trim(struct slice line)
{
    while (line.len && is_blank(line.ptr[0]))
        line = slice_skip(line, 1);
    while (line.len && is_blank(line.ptr[line.len - 1]))
        line.len--;
    return line;
}

enum setup_line setup_line_kind(struct slice line)
{
    const struct slice text = setup_line_trim(line);
    if (!text.len || text.ptr[0] == '#')
        return SETUP_LINE_COMMENT;
    return is_blank(line.ptr[0]) ? SETUP_LINE_MORE : SETUP_LINE_START;
}

bool setup_word_next(struct slice *rest, struct slice *word)
{
    size_t start = 0, end, depth = 0;
    while (start < rest->len && (is_blank(rest->ptr[start]) || rest->ptr[start] == ','))
        start++;
    for (end = start; end < rest->len; end++) {
        const char c = rest->ptr[end];
        if (depth == 0 && (is_blank(c) || c == ','))
            break;
        if (c == '{')
            depth++;
        else if (c == '}' && depth > 0)
            depth--;
    }
    *word = slice_make(rest->ptr + start, end - start);
    *rest = slice_skip(*rest, end);
    return word->len > 0;
}
