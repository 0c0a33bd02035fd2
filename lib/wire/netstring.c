// SPDX-License-Identifier: BSD-2-Clause
#include "wire/netstring.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

// Reads "LENGTH:"; `*head` is its bytes.
static enum netstring_rc parse_head(struct slice in, size_t *length, size_t *head)
{
    size_t at = 0, number = 0;
    for (; at < in.len && is_digit(in.ptr[at]); at++) {
        if (at > 0 && number == 0)
            return NETSTRING_BAD;
        number = number * 10 + (size_t)(in.ptr[at] - '0');
        if (number > NETSTRING_LENGTH_MAX)
            return NETSTRING_BAD;
    }
    if (at == in.len)
        return NETSTRING_MORE;
    if (at == 0 || in.ptr[at] != ':')
        return NETSTRING_BAD;
    *length = number;
    *head = at + 1;
    return NETSTRING_OK;
}

enum netstring_rc netstring_parse(struct slice in, size_t max, struct slice *content, size_t *size)
{
    size_t length, head;
    *size = 0;
    const enum netstring_rc rc = parse_head(in, &length, &head);
    if (rc != NETSTRING_OK)
        return rc;
    if (length > max) {
        *size = head + length + 1;
        return NETSTRING_TOO_BIG;
    }
    if (in.len <= head + length)
        return NETSTRING_MORE;
    if (in.ptr[head + length] != ',')
        return NETSTRING_BAD;
    *content = slice_make(in.ptr + head, length);
    *size = head + length + 1;
    return NETSTRING_OK;
}

size_t netstring_head(size_t length, char out[NETSTRING_HEAD_MAX])
{
    char digits[NETSTRING_HEAD_MAX];
    size_t count = 0, len = 0;
    do
        digits[count++] = (char)('0' + length % 10);
    while ((length /= 10) > 0 && count < sizeof digits - 1);
    while (count > 0)
        out[len++] = digits[--count];
    out[len++] = ':';
    return len;
}
