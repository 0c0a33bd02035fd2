// SPDX-License-Identifier: BSD-2-Clause
// What a decision is in SMTP.
#ifndef MILTER_ANSWER_H
#define MILTER_ANSWER_H

#include "milter/decide.h"
#include "milter/reply_text.h"

// Writes the reply to a recipient that is refused or deferred; `spf` may be NULL unless an SPF result is the
// reason. With DECIDE_ACCEPT `out` is left as it is.
void answer_write(const struct decision *decision, const struct spf_findings *spf, struct reply_text *out);

#endif
