// SPDX-License-Identifier: BSD-2-Clause
// The value of the Received-SPF field (RFC 7208 section 9.1).
#ifndef MILTER_HEADERS_RECEIVED_SPF_H
#define MILTER_HEADERS_RECEIVED_SPF_H

#include "wire/spf_codec.h"

#define RECEIVED_SPF_MAX 8192

struct received_spf {
    enum spf_identity identity;
    enum spf_result result;
    struct ip client;
    struct slice sender;    // MAIL FROM without <>; empty: the null sender
    struct slice helo;      // as the client gave it
    struct slice receiver;  // our own host name
    struct slice mechanism; // that decided, "default" where none did; empty: left out
    struct slice problem;   // of an error, for people; empty: left out
};

// Writes the value, folded for a field of this name, with a comment that says the result in words. Values
// that are no dot-atom are quoted, and bytes other than printable ASCII become "?". A value above
// HEADER_VALUE_MAX is cut and ends in "...". Returns the length.
size_t received_spf_write(const struct received_spf *spf, char out[RECEIVED_SPF_MAX]);

#endif
