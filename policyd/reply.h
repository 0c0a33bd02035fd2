// SPDX-License-Identifier: BSD-2-Clause
// A decision as Postfix's access(5) action.
#ifndef POLICYD_REPLY_H
#define POLICYD_REPLY_H

#include "policyd/decide.h"

#define REPLY_ACTION_MAX 768

// `listing` is NULL unless the verdict is DECIDE_BLACKLISTED. Never "OK", which would skip the checks behind
// us.
void reply_action(const struct decision *decision, const struct envelope *envelope,
                  const struct dnsbl_result *listing, char out[REPLY_ACTION_MAX]);

#endif
