// SPDX-License-Identifier: BSD-2-Clause
// Netstrings: "12:hello world!,". Pure: bytes in, slice out; no I/O, no allocation.
// https://cr.yp.to/proto/netstrings.txt, and how Postfix has them (src/util/netstring.c).
#ifndef WIRE_NETSTRING_H
#define WIRE_NETSTRING_H

#include "base/slice.h"

#define NETSTRING_LENGTH_MAX 999999999 // nine digits; a peer that announces more is not understood
#define NETSTRING_HEAD_MAX 10          // nine digits and ":"

enum netstring_rc {
    NETSTRING_OK,
    NETSTRING_MORE,    // not complete yet
    NETSTRING_TOO_BIG, // well-formed so far, but longer than the caller takes
    NETSTRING_BAD // no digits, needless zeros, no ":" or no ","; where the next one begins cannot be known
};

// Reads the first netstring of `in`, whose content may have up to `max` bytes. With NETSTRING_OK `*content`
// points into `in`. `*size` is all its bytes, head and comma included: with NETSTRING_OK and
// NETSTRING_TOO_BIG, where they may still be to come; else 0. How much of it has arrived never changes the
// result, except from NETSTRING_MORE.
enum netstring_rc netstring_parse(struct slice in, size_t max, struct slice *content, size_t *size)
    __attribute__((warn_unused_result));

// Writes "LENGTH:" for a content of `length` bytes, at most NETSTRING_LENGTH_MAX; a comma is to follow it.
// Returns how many bytes that are.
size_t netstring_head(size_t length, char out[NETSTRING_HEAD_MAX]);

#endif
