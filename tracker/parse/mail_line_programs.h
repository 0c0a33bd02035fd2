// SPDX-License-Identifier: BSD-2-Clause
// The parsers of single programs, which mail_line.c calls: the text after the head in, the line's value out.
#ifndef TRACKER_PARSE_MAIL_LINE_PROGRAMS_H
#define TRACKER_PARSE_MAIL_LINE_PROGRAMS_H

#include "tracker/parse/mail_line_fields.h"

// Postfix src/smtpd/smtpd.c, smtpd_check.c (log_whatsup), src/tls/tls_misc.c, src/postscreen.
void mail_line_smtpd(struct slice text, struct mail_line *out);
// "milter-reject: END-OF-MESSAGE from c[192.0.2.1]: 5.7.1 no; from=<s> to=<r> proto=ESMTP helo=<h>" after the
// queue id, of smtpd and cleanup.
void mail_line_refusal(struct slice text, struct mail_line *out);

// src/cleanup, src/pickup, src/*qmgr, src/bounce, src/postsuper.
void mail_line_cleanup(struct slice text, struct mail_line *out);
void mail_line_pickup(struct slice text, struct mail_line *out);
void mail_line_qmgr(struct slice text, struct mail_line *out);
void mail_line_bounce(struct slice text, struct mail_line *out);
void mail_line_postsuper(struct slice text, struct mail_line *out);

// src/global/log_adhoc.c: what every delivery agent logs per recipient.
void mail_line_delivery(struct slice text, struct mail_line *out);

// policyd/decision_log.c and milter/message_log.c.
void mail_line_policyd(struct slice text, struct mail_line *out);
void mail_line_milter(struct slice text, struct mail_line *out);

#endif
