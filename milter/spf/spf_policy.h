// SPDX-License-Identifier: BSD-2-Clause
// The settings that apply to SPF results.
#ifndef MILTER_SPF_SPF_POLICY_H
#define MILTER_SPF_SPF_POLICY_H

#include "directory/directory.h"
#include "milter/spf/spf_finding.h"

enum spf_policy_action { SPF_POLICY_ACCEPT, SPF_POLICY_DEFER, SPF_POLICY_REFUSE };

struct spf_policy {
    enum domain_spf helo;                       // effect of a fail of the HELO identity
    enum spf_policy_action action[SPF_RESULTS]; // of the MAIL FROM identity, for domains with spf = reject
    bool wide_is_neutral;
    bool received_spf; // add a Received-SPF field too
};

// Reads the settings. One that is missing or has no such word has its default.
void spf_policy_read(const struct directory_snapshot *rows, struct spf_policy *out);

// Effective result: with wide_is_neutral, a pass through +all or a huge network counts as neutral.
enum spf_result spf_policy_result(const struct spf_policy *policy, const struct spf_finding *finding);

// The cause of a result that is an error or was changed by the policy, as a human-readable phrase; else "".
const char *spf_policy_comment(const struct spf_policy *policy, const struct spf_finding *finding);

#endif
