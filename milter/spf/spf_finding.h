// SPDX-License-Identifier: BSD-2-Clause
// What a message's SPF checks found, as far as the milter needs it later.
#ifndef MILTER_SPF_SPF_FINDING_H
#define MILTER_SPF_SPF_FINDING_H

#include "wire/spf_codec.h"

struct spf_finding {
    bool checked; // else the rest means nothing
    enum spf_result result;
    enum spf_problem problem;
    bool wide;
    char domain[SPF_NAME_MAX + 1];
    char term[SPF_TERM_MAX + 1];
    char explanation[SPF_EXPLANATION_MAX + 1];
};

// What of a verdict is kept; `out` is checked then.
void spf_finding_keep(const struct spf_verdict *verdict, struct spf_finding *out);

// Both identities of one message.
struct spf_findings {
    struct ip client; // whom they are about
    char helo_name[SPF_NAME_MAX + 1];
    struct spf_finding mail_from;
    struct spf_finding helo; // not checked with the null sender: MAIL FROM is postmaster@HELO then
};

#endif
