// SPDX-License-Identifier: BSD-2-Clause
// The counts of a decision in its domain's statistics (table `activity`).
#ifndef POLICYD_DOMAIN_ACTIVITY_H
#define POLICYD_DOMAIN_ACTIVITY_H

#include "activity/activity.h"
#include "policyd/transaction.h"

// Counts each metric of the decision once per SMTP transaction; always if `transaction` is NULL.
void domain_activity_count(struct activity *activity, struct transaction *transaction,
                           const struct policy_decision *decision);

#endif
