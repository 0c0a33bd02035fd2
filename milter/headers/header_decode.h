// SPDX-License-Identifier: BSD-2-Clause
// Decodes a header field as mail readers do before they parse it, to find a name that its bytes do not show.
// Pure.
#ifndef MILTER_HEADERS_HEADER_DECODE_H
#define MILTER_HEADERS_HEADER_DECODE_H

#include "base/slice.h"

enum {
    HEADER_DECODE_WORDS = 1,  // decode encoded words (RFC 2047), wherever they occur
    HEADER_DECODE_BLANKS = 2, // a blank of Unicode becomes a space; otherwise it is dropped
    HEADER_DECODE_WAYS = 4,
};

// Returns whether any of the ways could change the text; most fields are plain.
bool header_decode_needed(struct slice in);

// Stands for an encoded word that cannot be decoded and could be anything.
#define HEADER_DECODE_ANYTHING '\xff'

// Writes `in`, decoded in that way, to at most in.len bytes of `out`; returns the length. Invisible code
// points (zero-width, soft hyphens, byte order marks, controls) are always dropped, and full-width letters
// and full stops become ASCII. An encoded word is recognized by its shape alone, folded or not:
// "=?charset?Q?…?=" or "…?B?…". A charset that is not known as a superset of ASCII (UTF-7, UTF-16, EBCDIC)
// yields HEADER_DECODE_ANYTHING for the word. Linear in time.
size_t header_decode(struct slice in, unsigned way, char *out);

#endif
