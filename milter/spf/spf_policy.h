// SPDX-License-Identifier: BSD-2-Clause
// What the settings make of an SPF result.
#ifndef MILTER_SPF_SPF_POLICY_H
#define MILTER_SPF_SPF_POLICY_H

#include "directory/directory.h"
#include "milter/spf/spf_finding.h"

enum spf_action { SPF_POLICY_ACCEPT, SPF_POLICY_DEFER, SPF_POLICY_REFUSE };

struct spf_policy {
    enum domain_spf helo;                // what a fail of the HELO identity comes to
    enum spf_action action[SPF_RESULTS]; // of the MAIL FROM identity, for domains with spf = reject
    bool wide_is_neutral;
    bool received_spf; // write that header too
};

// From the settings; one that is missing or no such word has its default.
void spf_policy_read(const struct directory_snapshot *rows, struct spf_policy *out);

// The result that counts: a pass by a record that lets everybody pass says nothing, where the policy is so.
enum spf_result spf_policy_result(const struct spf_policy *policy, const struct spf_finding *finding);

#endif
