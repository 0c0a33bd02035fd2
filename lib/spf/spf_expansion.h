// SPDX-License-Identifier: BSD-2-Clause
// The expansion of macro strings (RFC 7208 section 7).
#ifndef SPF_SPF_EXPANSION_H
#define SPF_SPF_EXPANSION_H

#include "base/cidr.h"
#include "base/slice.h"
#include "dns/dns_name.h"

struct spf_expansion_values {
    struct slice sender, local, sender_domain; // %{s}, %{l}, %{o}
    struct slice domain;                       // %{d}
    struct slice helo, receiver;               // %{h}, %{r}
    struct slice validated;                    // %{p}
    const struct ip *client;                   // %{i}, %{v}, %{c}
    int64_t now;                               // %{t}, seconds since 1970
};

// The name that a valid domain-spec stands for, folded; longer than 253 bytes, it loses labels on the left.
// Returns false for one that cannot be asked (RFC 7208 sections 4.3 and 7.3).
bool spf_expansion_name(struct slice spec, const struct spf_expansion_values *values,
                        char out[DNS_NAME_MAX + 1]) __attribute__((warn_unused_result));

// A valid explain-string, expanded; bytes that are not printable ASCII are "?", and the text is cut to fit
// off.
void spf_expansion_text(struct slice explain, const struct spf_expansion_values *values, char *out,
                        size_t size);

#endif
