// SPDX-License-Identifier: BSD-2-Clause
// The SPF results of one message: the parts of the workers' verdicts that the decision, the replies, the
// header fields and the log need.
#ifndef MILTER_SPF_SPF_FINDING_H
#define MILTER_SPF_SPF_FINDING_H

#include "wire/spf_codec.h"

// Texts as in struct spf_verdict.
struct spf_finding {
    bool checked; // false: the rest is undefined
    enum spf_result result;
    enum spf_problem problem;
    bool wide;
    char domain[SPF_NAME_MAX + 1];
    char term[SPF_TERM_MAX + 1];
    char explanation[SPF_EXPLANATION_MAX + 1];
};

// Copies the needed parts of a verdict and sets `checked`.
void spf_finding_keep(const struct spf_verdict *verdict, struct spf_finding *out);

// Both identities of one message.
struct spf_findings {
    struct ip client; // that was checked
    char helo_name[SPF_NAME_MAX + 1];
    struct spf_finding mail_from;
    struct spf_finding helo; // not checked with the null sender: MAIL FROM is postmaster@HELO then
};

#endif
