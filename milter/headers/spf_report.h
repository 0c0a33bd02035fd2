// SPDX-License-Identifier: BSD-2-Clause
// The input of the header fields that report SPF results.
#ifndef MILTER_HEADERS_SPF_REPORT_H
#define MILTER_HEADERS_SPF_REPORT_H

#include "milter/spf/spf_policy.h"

struct spf_report {
    struct slice receiver; // our own name, the authserv-id; not empty
    struct slice sender;   // MAIL FROM without <>; empty: the null sender
    const struct spf_findings *spf;
    const struct spf_policy *policy;
};

#endif
