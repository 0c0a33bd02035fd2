// SPDX-License-Identifier: BSD-2-Clause
// What readers of mail make of a header field before they look into it, so that a name can be found that is
// hidden from those who look at bytes. Pure.
#ifndef MILTER_HEADERS_HEADER_DECODE_H
#define MILTER_HEADERS_HEADER_DECODE_H

#include "base/slice.h"

enum {
    HEADER_DECODE_WORDS = 1,  // undo encoded words (RFC 2047), wherever they stand
    HEADER_DECODE_BLANKS = 2, // what is blank in Unicode is a blank; else it is dropped
    HEADER_DECODE_WAYS = 4,
};

// Whether any of the ways could make another text of it; most fields are plain.
bool header_decode_needed(struct slice in);

// A byte in place of an encoded word that could be anything.
#define HEADER_DECODE_ANYTHING '\xff'

// Writes `in` as a reader has it who goes `way`, in at most in.len bytes of `out`; returns the length. Code
// points that do not show (zero-width, soft hyphens, byte order marks, controls) are dropped each time, and
// full-width letters and full stops are plain ones. An encoded word is taken by its shape alone, folded or
// not: "=?charset?Q?…?=" or "…?B?…". Its charset is taken for a superset of ASCII; of one that is not known
// as such (UTF-7, UTF-16, EBCDIC) HEADER_DECODE_ANYTHING stands for the word. Linear in time.
size_t header_decode(struct slice in, unsigned way, char *out);

#endif
