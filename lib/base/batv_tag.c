// SPDX-License-Identifier: BSD-2-Clause
#include "base/batv_tag.h"

#define NAME_LEN (sizeof "+prvs=" - 1)
#define SIGNATURE_LEN (BATV_TAG_LEN - NAME_LEN - BATV_TAG_HEAD_LEN)

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex_digit(char byte)
{
    const char lower = (char)(byte | 0x20);
    return is_digit(byte) || (lower >= 'a' && lower <= 'f');
}

bool batv_tag_find(struct slice local, char delimiter, size_t *at)
{
    const size_t quote = local.len > 1 && local.ptr[0] == '"';
    if (local.len <= BATV_TAG_LEN + 2 * quote)
        return false;
    const size_t start = local.len - quote - BATV_TAG_LEN;
    const struct slice name = slice_make(local.ptr + start + 1, NAME_LEN - 1);
    if (local.ptr[start] != delimiter || !slice_equal_nocase(name, SLICE("prvs=")))
        return false;
    for (size_t i = 0; i < BATV_TAG_HEAD_LEN; i++)
        if (!is_digit(batv_tag_head(local, start).ptr[i]))
            return false;
    for (size_t i = 0; i < SIGNATURE_LEN; i++)
        if (!is_hex_digit(batv_tag_signature(local, start).ptr[i]))
            return false;
    *at = start;
    return true;
}

struct slice batv_tag_head(struct slice local, size_t at)
{
    return slice_make(local.ptr + at + NAME_LEN, BATV_TAG_HEAD_LEN);
}

struct slice batv_tag_signature(struct slice local, size_t at)
{
    return slice_make(local.ptr + at + NAME_LEN + BATV_TAG_HEAD_LEN, SIGNATURE_LEN);
}
