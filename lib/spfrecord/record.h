// SPDX-License-Identifier: BSD-2-Clause
// SPF records as they are published (RFC 7208 section 12), read term by term and strictly: what this parser
// lets through is known to the byte.
#ifndef SPFRECORD_RECORD_H
#define SPFRECORD_RECORD_H

#include "base/cidr.h"
#include "base/slice.h"
#include "wire/spf_codec.h"

enum term_kind {
    TERM_ALL,
    TERM_INCLUDE,
    TERM_A,
    TERM_MX,
    TERM_PTR,
    TERM_EXISTS,
    TERM_IP4,
    TERM_IP6,
    TERM_REDIRECT,
    TERM_EXP,
    TERM_MODIFIER, // one that SPF does not know, and ignores
};

struct term {
    enum term_kind kind;
    enum spf_result result;   // of a mechanism: the result of a match, by its qualifier
    struct slice text;        // as published
    struct slice target;      // a valid domain-spec; empty: the current domain
    uint8_t prefix4, prefix6; // of a and mx
    struct cidr network;      // of ip4 and ip6; of 128 bits also where it is IPv4-mapped
};

struct record_cursor {
    struct slice rest;
    bool redirect, exp; // was there already
};

// Returns whether a TXT record is an SPF record (RFC 7208 section 4.5).
bool record_is_spf(struct slice text);

// `text` is an SPF record.
void record_begin(struct record_cursor *cursor, struct slice text);

enum record_rc { RECORD_TERM, RECORD_END, RECORD_BAD };

// Reads the next term; its slices point into the text. Of a bad one `out->text` is the faulty part.
enum record_rc record_next(struct record_cursor *cursor, struct term *out)
    __attribute__((warn_unused_result));

// Returns whether the mechanism counts against the limit of terms that look up (RFC 7208 section 4.6.4).
bool record_looks_up(enum term_kind kind);

#endif
