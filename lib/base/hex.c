// SPDX-License-Identifier: BSD-2-Clause
#include "base/hex.h"

static const char digits[] = "0123456789abcdef";

void hex_write(const unsigned char *bytes, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

// -1: it is no digit.
static int digit_value(char digit)
{
    const char *at = memchr(digits, digit, 16);
    return at ? (int)(at - digits) : -1;
}

bool hex_read(struct slice in, unsigned char *out, size_t count)
{
    if (in.len != 2 * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const int high = digit_value(in.ptr[2 * i]), low = digit_value(in.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

bool hex_is_digits(struct slice in, size_t count)
{
    for (size_t i = 0; i < in.len; i++)
        if (digit_value(in.ptr[i]) < 0)
            return false;
    return in.len == count;
}
