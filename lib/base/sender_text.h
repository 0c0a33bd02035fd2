// SPDX-License-Identifier: BSD-2-Clause
// Text of a sender key: bounded, lower-case, printable, with the parts that change from message to message
// as "#".
#ifndef BASE_SENDER_TEXT_H
#define BASE_SENDER_TEXT_H

#include "base/slice.h"

struct sender_text {
    char *bytes;  // the caller's; no NUL is written
    size_t len;   // at most `limit`
    size_t limit; // longer text is cut
};

// Appends in lower case, a byte that is not printable ASCII as "\hh".
void sender_text_put(struct sender_text *text, struct slice in);

// The length that sender_text_put would append.
size_t sender_text_length(struct slice in);

// Appends a local part with tags and runs of digits as "#" (the last rule of sender_normalise).
void sender_text_put_local(struct sender_text *text, struct slice local);

// Hexadecimal, 8 digits or more, a decimal one among them.
bool sender_text_is_hex_tag(struct slice in);

// Nothing but bytes of a host name, a dot among them.
bool sender_text_is_domain(struct slice in);

#endif
