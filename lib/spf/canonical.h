// SPDX-License-Identifier: BSD-2-Clause
// What of a record can matter for one client, and the same as libspf2 gets it: a record that we wrote, in
// which each name is a placeholder of ours.
//
// libspf2 has room for 511 bytes of compiled terms and leaves out the rest without a word. So networks that
// do not hold the client are left out here, and with them all that stands behind a network that does, behind
// `all`, and behind the 11th term that looks up, which ends any check.
#ifndef SPF_CANONICAL_H
#define SPF_CANONICAL_H

#include "dns/dns_name.h"
#include "spf/record.h"

#define CANONICAL_LOOKUPS_MAX 11
#define CANONICAL_TERMS_MAX (CANONICAL_LOOKUPS_MAX + 1)

struct canonical {
    char domain[DNS_NAME_MAX + 1]; // whose record it is
    unsigned count;
    struct term terms[CANONICAL_TERMS_MAX]; // that look up, and at last maybe one that matches for certain
    bool redirects;
    struct term redirect;     // what is left to do when no term matches
    struct slice explanation; // the domain-spec of exp=; empty: none
    uint64_t reach4, reach6;  // addresses, and networks of 64 bits, that its networks let pass
    bool included;            // by a term of another record; else it is the first or was redirected to
    unsigned parent, parent_term;
};

// Reads all of a record, whatever of it can matter. Returns false with the wrong term in `bad`. Does not
// touch `domain`, `included` and `parent`.
bool canonical_read(struct slice text, const struct ip *client, struct canonical *out, struct slice *bad)
    __attribute__((warn_unused_result));

// Placeholders, by the number of a record and that of a term, from 0. Each names one thing in one check:
#define CANONICAL_NAME_MAX 8
#define CANONICAL_TARGET ".t"   // what the term looks up
#define CANONICAL_PASSED ".p"   // looked up when the term did not match, and never there
#define CANONICAL_REDIRECT ".r" // where the record redirects to
void canonical_name(unsigned record, unsigned term, const char *kind, char out[CANONICAL_NAME_MAX]);

// Prints it as record number `record`, and returns its length.
#define CANONICAL_BYTES_MAX 640
size_t canonical_print(const struct canonical *in, unsigned record, const struct ip *client,
                       char out[CANONICAL_BYTES_MAX]);

#endif
