// SPDX-License-Identifier: BSD-2-Clause
// The milter's answer for mail to an address, and the reason: its own decision, with SPF checks by a worker.
#ifndef CTL_EXPLAIN_EXPLAIN_MILTER_H
#define CTL_EXPLAIN_EXPLAIN_MILTER_H

#include "ctl/explain/explain_spf.h"

// Explains the rules for any message to `local`, folded, at the domain: the size limit and its row,
// bounces, SPF, bounce_protection.
void explain_milter_rows(const struct directory_snapshot *rows, const struct domain_row *domain,
                         struct slice local, struct explanation *explanation);

// The part of this that holds for every address of the domain: SPF, bounce_protection.
void explain_milter_domain(const struct directory_snapshot *rows, const struct domain_row *domain,
                           struct explanation *explanation);

#define EXPLAIN_REPLY_MAX 512

// Explains the milter's answer at RCPT for this message, which has a sender or a login. Asks a worker if SPF
// is needed, for at most 40 s. Returns whether the recipient is accepted; otherwise `reply` is the SMTP
// reply. `*reason` is the reason's word.
bool explain_milter(const struct directory_snapshot *rows, const struct explain_spf_results *spf,
                    const struct explain_message *message, struct explanation *explanation,
                    char reply[EXPLAIN_REPLY_MAX], const char **reason);

#endif
