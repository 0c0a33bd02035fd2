// SPDX-License-Identifier: BSD-2-Clause
// The part of an SPF record that is relevant to one client IP, rewritten for libspf2 with placeholder names.
//
// libspf2 has room for 511 bytes of compiled terms and silently drops the rest. So networks that do not hold
// the client are left out here, and with them all terms after a network that does, after `all`, and after the
// 11th term that looks up, which ends any check.
#ifndef SPF_CLIENT_RECORD_H
#define SPF_CLIENT_RECORD_H

#include "dns/dns_name.h"
#include "spfrecord/record.h"

#define CLIENT_RECORD_LOOKUPS_MAX 11
#define CLIENT_RECORD_TERMS_MAX (CLIENT_RECORD_LOOKUPS_MAX + 1)

struct client_record {
    char domain[DNS_NAME_MAX + 1]; // whose record it is
    unsigned count;
    struct term
        terms[CLIENT_RECORD_TERMS_MAX]; // that look up, and at last maybe one that matches for certain
    bool redirects;
    struct term redirect;     // used if no term matches
    struct slice explanation; // the domain-spec of exp=; empty: none
    uint64_t reach4, reach6;  // addresses, and networks of 64 bits, that its networks let pass
    bool included;            // by a term of another record; else it is the first or was redirected to
    unsigned parent, parent_term;
};

// Reads all of a record, whatever of it can matter. Returns false with the wrong term in `bad`. Does not
// touch `domain`, `included` and `parent`.
bool client_record_read(struct slice text, const struct ip *client, struct client_record *out,
                        struct slice *bad) __attribute__((warn_unused_result));

// Placeholders, by the number of a record and that of a term, from 0. Each names one thing in one check:
#define CLIENT_RECORD_NAME_MAX 8
#define CLIENT_RECORD_TARGET ".t"   // the name that the term looks up
#define CLIENT_RECORD_PASSED ".p"   // looked up when the term did not match, and never there
#define CLIENT_RECORD_REDIRECT ".r" // where the record redirects to
void client_record_name(unsigned record, unsigned term, const char *kind, char out[CLIENT_RECORD_NAME_MAX]);

// Prints it as record number `record`, and returns its length.
#define CLIENT_RECORD_BYTES_MAX 640
size_t client_record_print(const struct client_record *in, unsigned record, const struct ip *client,
                           char out[CLIENT_RECORD_BYTES_MAX]);

#endif
