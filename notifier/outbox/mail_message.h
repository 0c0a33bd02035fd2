// SPDX-License-Identifier: BSD-2-Clause
// An alert as a mail message (RFC 5322). Pure.
#ifndef NOTIFIER_OUTBOX_MAIL_MESSAGE_H
#define NOTIFIER_OUTBOX_MAIL_MESSAGE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define MAIL_MESSAGE_MAX 16384
#define MAIL_MESSAGE_HEAD_MAX 1536

struct mail_message {
    const char *sender, *recipient; // addresses
    const char *subject, *body;     // UTF-8; lines with LF
    const char *id;                 // the part of the Message-ID before "@", the same at each attempt
    const char *host;               // and after it
    const char *fields;             // further header fields, whole lines with LF; NULL: none
    int64_t date;                   // seconds since 1970
};

// Writes the message with LF line ends, as sendmail(1) takes it. "Auto-Submitted: auto-generated" (RFC 3834)
// keeps auto-responders quiet. Returns its size, or 0 if it does not fit or an address is none.
size_t mail_message_write(const struct mail_message *message, char text[MAIL_MESSAGE_MAX]);

// Writes only From, To and Message-ID, for a message whose other fields and body were composed elsewhere;
// subject, body, fields and date are not used. Returns its size, or 0 as above.
size_t mail_message_head(const struct mail_message *message, char text[MAIL_MESSAGE_HEAD_MAX]);

#endif
