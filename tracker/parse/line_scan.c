// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/line_scan.h"

enum { QUEUE_ID_LEAST = 6, QUEUE_ID_MOST = 20, NUMBER_DIGITS = 18 };

// A message may be as old as the clock of a machine that came up in 1970 says.
static const int64_t SECONDS_MOST = 10000000000, SIZE_MOST = 1000000000000;

bool line_scan_word(struct slice *rest, struct slice literal)
{
    if (rest->len < literal.len || memcmp(rest->ptr, literal.ptr, literal.len) != 0)
        return false;
    *rest = slice_skip(*rest, literal.len);
    return true;
}

bool line_scan_until(struct slice *rest, struct slice separator, struct slice *out)
{
    const char *at = rest->len ? memmem(rest->ptr, rest->len, separator.ptr, separator.len) : NULL;
    if (!at)
        return false;
    *out = slice_make(rest->ptr, (size_t)(at - rest->ptr));
    *rest = slice_skip(*rest, out->len + separator.len);
    return true;
}

// Length of an address up to its ">" outside quotes; SIZE_MAX: there is none.
static size_t address_length(struct slice text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '>' && !quoted)
            return i;
    }
    return SIZE_MAX;
}

bool line_scan_address(struct slice *rest, struct slice *out)
{
    if (rest->len < 2 || rest->ptr[0] != '<')
        return false;
    const struct slice inside = slice_skip(*rest, 1);
    size_t len = address_length(inside);
    if (len == SIZE_MAX) { // a lone quote: Postfix logs broken addresses as they come
        const char *end = memchr(inside.ptr, '>', inside.len);
        if (!end)
            return false;
        len = (size_t)(end - inside.ptr);
    }
    *out = slice_make(inside.ptr, len);
    *rest = slice_skip(inside, len + 1);
    return true;
}

static bool is_name_byte(char c)
{
    return c > ' ' && c <= '~' && c != '[' && c != ']' && c != ',' && c != ';' && c != '<' && c != '>';
}

static size_t port_length(struct slice text)
{
    size_t len = 1;
    if (text.len < 2 || text.ptr[0] != ':' || text.ptr[1] < '0' || text.ptr[1] > '9')
        return 0;
    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
        len++;
    return len;
}

bool line_scan_peer(struct slice *rest, struct slice *name, struct slice *address)
{
    size_t len = 0;
    while (len < rest->len && is_name_byte(rest->ptr[len]))
        len++;
    if (len == 0 && (rest->len == 0 || rest->ptr[0] != '['))
        return false;
    *name = slice_make(rest->ptr, len);
    *address = (struct slice){NULL, 0};
    if (len == rest->len || rest->ptr[len] != '[') {
        *rest = slice_skip(*rest, len);
        return true;
    }
    const struct slice inside = slice_skip(*rest, len + 1);
    const char *end = inside.len ? memchr(inside.ptr, ']', inside.len) : NULL;
    if (!end)
        return false;
    *address = slice_make(inside.ptr, (size_t)(end - inside.ptr));
    *rest = slice_skip(inside, address->len + 1);
    *rest = slice_skip(*rest, port_length(*rest));
    return true;
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool line_scan_is_queue_id(struct slice text)
{
    if (text.len < QUEUE_ID_LEAST || text.len > QUEUE_ID_MOST)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_letter_or_digit(text.ptr[i]))
            return false;
    return true;
}

bool line_scan_queue_id(struct slice *rest, struct slice *out)
{
    size_t len = 0;
    while (len < rest->len && len <= QUEUE_ID_MOST && is_letter_or_digit(rest->ptr[len]))
        len++;
    const struct slice id = slice_make(rest->ptr, len);
    if (!line_scan_is_queue_id(id) || len + 2 > rest->len || rest->ptr[len] != ':' ||
        rest->ptr[len + 1] != ' ')
        return false;
    *out = id;
    *rest = slice_skip(*rest, len + 2);
    return true;
}

bool line_scan_number(struct slice *rest, int64_t most, int64_t *out)
{
    int64_t value = 0;
    size_t len = 0;
    for (; len < rest->len && rest->ptr[len] >= '0' && rest->ptr[len] <= '9'; len++) {
        if (len == NUMBER_DIGITS)
            return false;
        value = value * 10 + (rest->ptr[len] - '0');
    }
    if (len == 0 || value > most)
        return false;
    *out = value;
    *rest = slice_skip(*rest, len);
    return true;
}

bool line_scan_size(struct slice *rest, int64_t *out)
{
    return line_scan_number(rest, SIZE_MOST, out);
}

bool line_scan_seconds(struct slice *rest, double *out)
{
    int64_t whole = 0;
    double unit = 0.1;
    if (!line_scan_number(rest, SECONDS_MOST, &whole))
        return false;
    *out = (double)whole;
    if (!line_scan_word(rest, SLICE(".")))
        return true;
    for (; rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; *rest = slice_skip(*rest, 1), unit /= 10)
        *out += unit * (rest->ptr[0] - '0');
    return true;
}
