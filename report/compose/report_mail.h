// SPDX-License-Identifier: BSD-2-Clause
// A report as a mail message: a head for each recipient, and a body for all, which follows it. ASCII lines
// with LF, as sendmail(1) takes them. Pure.
#ifndef REPORT_COMPOSE_REPORT_MAIL_H
#define REPORT_COMPOSE_REPORT_MAIL_H

#include "report/compose/report_compose.h"

#include <stdint.h>

enum { REPORT_HEAD_MAX = 4096 };

struct report_mail {
    const char *sender;           // an address; "" for a body without From
    const char *sender_name;      // UTF-8
    const char *unsubscribe_base; // of the links (unsubscribe/unsubscribe.h); "": no such fields
    const char *unsubscribe_key;
    int64_t date; // seconds since 1970
};

// Writes To, Message-ID, and with a base List-Unsubscribe for one click (RFC 8058). The Message-ID is that of
// domain, month and recipient: a message that is sent twice is one to its readers. Returns false if an
// address is none for a header.
bool report_mail_head(const struct report_mail *mail, const struct report_figures *figures,
                      const char *recipient, char head[REPORT_HEAD_MAX]) __attribute__((warn_unused_result));

// Returns the other header fields and a multipart/alternative of text and HTML, which the caller frees. Out
// of memory ends the process.
char *report_mail_body(const struct report_mail *mail, const struct report_figures *figures,
                       const struct report_texts *texts);

#endif
