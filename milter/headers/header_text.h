// SPDX-License-Identifier: BSD-2-Clause
// Writes the value of a header field, folded: lines of at most 78 bytes unless a word is longer, never more
// than 998 (RFC 5322 section 2.1.1). A fold is "\n\t", as milters pass it to the MTA, which writes the line
// ends. Only printable ASCII is written, so no input can end the field or begin another.
#ifndef MILTER_HEADERS_HEADER_TEXT_H
#define MILTER_HEADERS_HEADER_TEXT_H

#include "base/slice.h"

#define HEADER_WORD_MAX 900    // bytes of a word, which no fold splits
#define HEADER_VALUE_MAX 320   // bytes of a quoted string's content; no address is longer
#define HEADER_COMMENT_MAX 480 // bytes of a comment's content

struct header_text {
    char *out;
    size_t size, len;
    size_t column; // bytes on the current line
    size_t word_len;
    char word[HEADER_WORD_MAX]; // not written yet: it may belong on the next line
};

// Starts a value for a field whose name has `name_len` bytes. `size` is at least 1; words that do
// not fit are dropped.
void header_text_begin(struct header_text *text, size_t name_len, char *out, size_t size);

// Appends to the current word, blanks too. Bytes other than printable ASCII become "?".
void header_text_put(struct header_text *text, struct slice bytes);

// Ends the current word: a space or a fold comes before the next.
void header_text_break(struct header_text *text);

// Appends a quoted string (RFC 5322 section 3.2.4) to the current word. Content above HEADER_VALUE_MAX is
// cut and ends in "...".
void header_text_quote(struct header_text *text, struct slice content);

// Writes a comment as separate words; its parentheses and backslashes become "?". One above
// HEADER_COMMENT_MAX is cut and ends in "...". An empty one is dropped.
void header_text_comment(struct header_text *text, struct slice content);

// Ends the value with NUL and returns its length.
size_t header_text_finish(struct header_text *text);

// One or more bytes of atext with single dots between them (RFC 5322 section 3.2.3).
bool header_text_is_dot_atom(struct slice in);

// The part of the address that an ASCII field can show: "@domain" if the local part has 8-bit bytes, which
// only a message sent with SMTPUTF8 may have in its header (RFC 6532 section 3.1).
struct slice header_text_address(struct slice address);

// A token of MIME (RFC 2045 section 5.1).
bool header_text_is_token(struct slice in);

#endif
