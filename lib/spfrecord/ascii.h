// SPDX-License-Identifier: BSD-2-Clause
// Classes of ASCII bytes. Not isalpha(3) and its kin: the locale must not change what a record means.
#ifndef SPFRECORD_ASCII_H
#define SPFRECORD_ASCII_H

#include <stdbool.h>

static inline bool ascii_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool ascii_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static inline bool ascii_alnum(char byte)
{
    return ascii_alpha(byte) || ascii_digit(byte);
}

static inline bool ascii_visible(char byte)
{
    return byte > ' ' && byte < 0x7f;
}

static inline char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

#endif
