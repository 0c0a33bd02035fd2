// SPDX-License-Identifier: BSD-2-Clause
#include "milter/decide/rcpt_answer.h"

static void write_spf(const struct rcpt_decision *decision, const struct spf_findings *spf,
                      struct reply_text *out)
{
    const enum spf_identity identity = decision->reason == RCPT_DECIDE_SPF_HELO ? SPF_HELO : SPF_MAIL_FROM;
    const struct spf_finding *finding = identity == SPF_HELO ? &spf->helo : &spf->mail_from;
    const struct slice domain = slice_from(finding->domain);
    switch (decision->result) {
    case SPF_FAIL:
        reply_text_spf_fail(identity, domain, slice_from(finding->explanation), out);
        break;
    case SPF_TEMPERROR:
    case SPF_PERMERROR:
        reply_text_spf_error(decision->verdict == RCPT_DECIDE_DEFER ? SPF_TEMPERROR : SPF_PERMERROR,
                             finding->problem, identity, domain, out);
        break;
    default:
        reply_text_spf_refused(decision->result, identity, domain, out);
        break;
    }
}

void rcpt_answer_write(const struct rcpt_decision *decision, const struct spf_findings *spf,
                       struct reply_text *out)
{
    if (decision->verdict != RCPT_DECIDE_DEFER && decision->verdict != RCPT_DECIDE_REFUSE)
        return;
    switch (decision->reason) {
    case RCPT_DECIDE_NEVER_SENDS:
        reply_text_plain(REPLY_TEXT_BOUNCE_NEVER_SENT, out);
        break;
    case RCPT_DECIDE_TAG_MISSING:
        reply_text_plain(
            decision->tag == BATV_EXPIRED ? REPLY_TEXT_BOUNCE_EXPIRED : REPLY_TEXT_BOUNCE_UNTAGGED, out);
        break;
    case RCPT_DECIDE_TOO_BIG:
        reply_text_too_big(REPLY_TEXT_SIZE_RECIPIENT, (uint64_t)decision->limit, out);
        break;
    case RCPT_DECIDE_TOO_BIG_FOR_SENDER:
        reply_text_too_big(REPLY_TEXT_SIZE_SENDER, (uint64_t)decision->limit, out);
        break;
    case RCPT_DECIDE_OVER_QUOTA:
        reply_text_plain(REPLY_TEXT_MAILBOX_FULL, out);
        break;
    case RCPT_DECIDE_OTHER_LIMIT:
        reply_text_plain(REPLY_TEXT_ANOTHER_LIMIT, out);
        break;
    case RCPT_DECIDE_SPF_RESULT:
    case RCPT_DECIDE_SPF_HELO:
        write_spf(decision, spf, out);
        break;
    default:
        break;
    }
}
