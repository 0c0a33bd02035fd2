// SPDX-License-Identifier: BSD-2-Clause
#include "base/log_line.h"

void log_line_begin(struct log_line *line)
{
    line->len = 0;
}

// Room for a key and a value of at most `size` bytes; NULL where there is none. Writes the key.
static char *put_key(struct log_line *line, const char *key, size_t size)
{
    const size_t len = strlen(key);
    if (line->len + 1 + len + 1 + size > sizeof line->text)
        return NULL;
    char *out = line->text + line->len;
    if (line->len > 0)
        *out++ = ' ';
    memcpy(out, key, len);
    out[len] = '=';
    return out + len + 1;
}

void log_line_put(struct log_line *line, const char *key, struct slice value)
{
    char *out = put_key(line, key, LOG_VALUE_MAX);
    if (out)
        line->len = (size_t)(out - line->text) + log_value_put(value, out);
}

void log_line_number(struct log_line *line, const char *key, uint64_t value)
{
    char digits[20];
    size_t count = 0;
    char *out = put_key(line, key, sizeof digits);
    if (!out)
        return;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (count > 0)
        *out++ = digits[--count];
    line->len = (size_t)(out - line->text);
}

void log_line_write(const struct log_line *line, enum log_level level)
{
    log_write(level, slice_make(line->text, line->len));
}
