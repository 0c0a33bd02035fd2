// SPDX-License-Identifier: BSD-2-Clause
#include "base/slice.h"

// Not tolower(3): the locale must not change what equals what.
static unsigned char lower(char byte)
{
    unsigned char c = (unsigned char)byte;
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_has_prefix(struct slice in, struct slice prefix)
{
    return in.len >= prefix.len && slice_equal(slice_make(in.ptr, prefix.len), prefix);
}

bool slice_has_prefix_nocase(struct slice in, struct slice prefix)
{
    return in.len >= prefix.len && slice_equal_nocase(slice_make(in.ptr, prefix.len), prefix);
}

bool slice_has_suffix(struct slice in, struct slice suffix)
{
    return in.len >= suffix.len && slice_equal(slice_skip(in, in.len - suffix.len), suffix);
}

bool slice_has_suffix_nocase(struct slice in, struct slice suffix)
{
    return in.len >= suffix.len && slice_equal_nocase(slice_skip(in, in.len - suffix.len), suffix);
}

static bool split_at(struct slice in, const char *separator, struct slice *head, struct slice *tail)
{
    size_t at = separator ? (size_t)(separator - in.ptr) : in.len;
    *head = slice_make(in.ptr, at);
    *tail = slice_skip(in, separator ? at + 1 : at);
    return separator != NULL;
}

bool slice_split(struct slice in, char separator, struct slice *head, struct slice *tail)
{
    return split_at(in, in.len ? memchr(in.ptr, separator, in.len) : NULL, head, tail);
}

bool slice_split_last(struct slice in, char separator, struct slice *head, struct slice *tail)
{
    return split_at(in, in.len ? memrchr(in.ptr, separator, in.len) : NULL, head, tail);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct slice slice_trim(struct slice in)
{
    while (in.len && is_blank(in.ptr[0]))
        in = slice_skip(in, 1);
    while (in.len && is_blank(in.ptr[in.len - 1]))
        in.len--;
    return in;
}

bool slice_number(struct slice in, unsigned long long max, unsigned long long *out)
{
    unsigned long long number = 0;
    for (size_t i = 0; i < in.len; i++) {
        unsigned char digit = (unsigned char)(in.ptr[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(number, 10ULL, &number) ||
            __builtin_add_overflow(number, digit, &number) || number > max)
            return false;
    }
    if (in.len == 0)
        return false;
    *out = number;
    return true;
}

bool slice_copy(struct slice in, char *out, size_t size)
{
    bool fits = in.len < size;
    size_t len = fits ? in.len : 0;
    if (len)
        memcpy(out, in.ptr, len);
    if (size)
        out[len] = '\0';
    return fits;
}

bool slice_copy_lower(struct slice in, char *out, size_t size)
{
    bool fits = in.len < size;
    size_t len = fits ? in.len : 0;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)lower(in.ptr[i]);
    if (size)
        out[len] = '\0';
    return fits;
}
