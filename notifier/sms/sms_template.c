// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/sms/sms_template.h"

#include <stdio.h>

struct sms_text {
    char *out;
    size_t size, used;
    bool full;
};

static void put(struct sms_text *text, const char *bytes, size_t len)
{
    if (text->full || len >= text->size - text->used) {
        text->full = true;
        return;
    }
    memcpy(text->out + text->used, bytes, len);
    text->used += len;
    text->out[text->used] = '\0';
}

static bool is_unreserved(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte && strchr("-._~", byte));
}

// The escaped form of a byte, or "" where it stays.
static void escape_byte(enum sms_escape escape, unsigned char byte, char out[8])
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    *out = '\0';
    if (escape == SMS_ESCAPE_URL && !is_unreserved(byte))
        snprintf(out, 8, "%%%02X", byte);
    else if (escape == SMS_ESCAPE_JSON && byte < ' ')
        snprintf(out, 8, "\\u%04x", byte);
    else if (escape == SMS_ESCAPE_JSON && (byte == '"' || byte == '\\'))
        snprintf(out, 8, "\\%c", byte);
    else if ((escape == SMS_ESCAPE_XML || escape == SMS_ESCAPE_HEADER) && (byte < ' ' || byte == 0x7f))
        snprintf(out, 8, " ");
    else if (escape == SMS_ESCAPE_XML)
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
            if (entities[i].byte == (char)byte)
                snprintf(out, 8, "%s", entities[i].entity);
}

static void put_value(struct sms_text *text, enum sms_escape escape, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char escaped[8];
        escape_byte(escape, (unsigned char)value.ptr[i], escaped);
        put(text, *escaped ? escaped : value.ptr + i, *escaped ? strlen(escaped) : 1);
    }
}

// A name in braces at the head of `text`.
static bool name_at(struct slice text, struct slice *name)
{
    size_t len = 0;
    while (len + 1 < text.len && text.ptr[len + 1] >= 'a' && text.ptr[len + 1] <= 'z')
        len++;
    *name = slice_make(text.ptr + 1, len);
    return text.len && *text.ptr == '{' && len > 0 && len + 1 < text.len && text.ptr[len + 1] == '}';
}

bool sms_template_fill(struct slice text, enum sms_escape escape, const struct sms_values *values, char *out,
                       size_t size, size_t *used)
{
    struct sms_text filled = {.out = out, .size = size, .used = *used};
    struct slice name;
    put(&filled, "", 0);
    while (text.len) {
        if (!name_at(text, &name)) {
            put(&filled, text.ptr, 1);
            text = slice_skip(text, 1);
            continue;
        }
        size_t i = 0;
        while (i < values->count && !slice_equal(slice_from(values->first[i].name), name))
            i++;
        if (i == values->count)
            return false;
        put_value(&filled, escape, values->first[i].value);
        text = slice_skip(text, name.len + 2);
    }
    *used = filled.used;
    return !filled.full;
}
