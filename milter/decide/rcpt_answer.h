// SPDX-License-Identifier: BSD-2-Clause
// What a decision is in SMTP.
#ifndef MILTER_DECIDE_RCPT_ANSWER_H
#define MILTER_DECIDE_RCPT_ANSWER_H

#include "milter/decide/rcpt_decide.h"
#include "milter/decide/reply_text.h"

// Writes the reply to a recipient that is refused or deferred; `spf` may be NULL unless an SPF result is the
// reason. With RCPT_DECIDE_ACCEPT `out` is left as it is.
void rcpt_answer_write(const struct rcpt_decision *decision, const struct spf_findings *spf,
                       struct reply_text *out);

#endif
