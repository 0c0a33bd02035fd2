// SPDX-License-Identifier: BSD-2-Clause
// Parts of mail messages: header texts, dates, addresses, bodies in 7 bits. Lines end with LF, as sendmail(1)
// takes them. `out` is a stream in memory (fmemopen(3), open_memstream(3)): its errors are the caller's to
// check.
#ifndef MIME_MIME_H
#define MIME_MIME_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// Returns whether all bytes are printable ASCII or blanks.
bool mime_is_plain(const char *text);

// Returns whether `text` is an address that a header takes without quotes.
bool mime_is_address(const char *text);

// Writes the field NAME with UTF-8 `text`: as it is, or if a byte is no printable ASCII, or an encoded word
// seems to be in it, as encoded words in lines of at most 76 characters that cut no character (RFC 2047
// sections 2 and 5). Line breaks cannot get out of it.
void mime_put_text(FILE *out, const char *name, const char *text);

// Writes "NAME: "TEXT" <ADDRESS>", with a quoted string or encoded words for the text; `address` must be one
// of mime_is_address.
void mime_put_mailbox(FILE *out, const char *name, const char *text, const char *address);

// Writes the field Date in UTC (RFC 5322 section 3.3); `date` is seconds since 1970.
void mime_put_date(FILE *out, int64_t date);

// Writes a text with LF line ends as quoted-printable (RFC 2045 section 6.7): lines of at most 76 characters,
// none of which begins with "From " or is a single dot.
void mime_put_quoted_printable(FILE *out, struct slice text);

#endif
