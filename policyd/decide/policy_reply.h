// SPDX-License-Identifier: BSD-2-Clause
// A decision as Postfix's access(5) action.
#ifndef POLICYD_DECIDE_POLICY_REPLY_H
#define POLICYD_DECIDE_POLICY_REPLY_H

#include "policyd/decide/policy_decide.h"

#define POLICY_REPLY_ACTION_MAX 768

// `listing` is used with POLICY_DECIDE_BLACKLISTED; NULL: not known. The action is never "OK", which would
// skip the restrictions after this one.
void policy_reply_action(const struct policy_decision *decision, const struct envelope *envelope,
                         const struct dnsbl_result *listing, char out[POLICY_REPLY_ACTION_MAX]);

#endif
