// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_decode.h"

#include <stdint.h>

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

// The number of continuation bytes after a lead byte, and the bounds of the first of them (RFC 3629 section
// 4).
static int continuation_bytes(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0x80)
        return 0;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 2;
    return lead >= 0xF0 && lead <= 0xF4 ? 3 : -1;
}

bool web_is_text(struct slice in)
{
    for (size_t at = 0; at < in.len;) {
        uint8_t low, high;
        const uint8_t lead = (uint8_t)in.ptr[at++];
        int more = continuation_bytes(lead, &low, &high);
        if (lead == 0 || more < 0 || (size_t)more > in.len - at)
            return false;
        for (; more > 0; more--, low = 0x80, high = 0xBF) {
            const uint8_t byte = (uint8_t)in.ptr[at++];
            if (byte < low || byte > high)
                return false;
        }
    }
    return true;
}

bool web_decode(struct slice in, enum web_encoding encoding, char *out, struct slice *decoded)
{
    size_t len = 0;
    for (size_t at = 0; at < in.len; at++) {
        char byte = in.ptr[at];
        if (byte == '%') {
            const int high = in.len - at > 2 ? hex_value(in.ptr[at + 1]) : -1;
            const int low = high >= 0 ? hex_value(in.ptr[at + 2]) : -1;
            if (low < 0)
                return false;
            byte = (char)(high * 16 + low);
            at += 2;
        } else if (byte == '+' && encoding == WEB_ENCODED_FORM) {
            byte = ' ';
        }
        out[len++] = byte;
    }
    *decoded = slice_make(out, len);
    return web_is_text(*decoded);
}
