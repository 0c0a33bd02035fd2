// SPDX-License-Identifier: BSD-2-Clause
// SMTP replies in the form that smfi_setreply() accepts: it, or the MTA, refuses a reply whose codes differ
// in class, that is too long or that contains line ends, and it reads "%" as a format.
#ifndef MILTER_DECIDE_REPLY_TEXT_H
#define MILTER_DECIDE_REPLY_TEXT_H

#include "wire/spf_codec.h"

#define REPLY_TEXT_SHOWN_MAX 480                  // bytes; a reply line has 512 with its codes (RFC 5321)
#define REPLY_TEXT_MAX (2 * REPLY_TEXT_SHOWN_MAX) // with each "%" doubled; smfi_setreply() takes 980

struct reply_text {
    char code[4];    // "550"
    char status[12]; // "5.7.23" (RFC 3463)
    char text[REPLY_TEXT_MAX + 1];
};

// Writes a reply with any text: bytes other than printable ASCII become "?", "%" is doubled, and text that is
// too long is cut and ends in "...". Returns false if `code` is not a 4xx or 5xx code, or `status` is not a
// status code of the same class.
bool reply_text_make(struct slice code, struct slice status, struct slice text, struct reply_text *out)
    __attribute__((warn_unused_result));

enum reply_text_kind {
    REPLY_TEXT_ANOTHER_LIMIT,     // 452 4.5.3: a recipient whose limit differs from that of earlier ones
    REPLY_TEXT_BOUNCE_RECIPIENTS, // 550 5.7.1: the null sender, to more than one recipient
    REPLY_TEXT_BOUNCE_NEVER_SENT, // 550 5.7.1: the null sender, to an address that never sends
    REPLY_TEXT_BOUNCE_UNTAGGED,   // 550 5.7.1: the null sender, to an address without our tag (batv.h)
    REPLY_TEXT_BOUNCE_EXPIRED,    // 550 5.7.1: the null sender, to an address with an expired tag
    REPLY_TEXT_MANY_FORGED,       // 550 5.7.1: too many header fields that claim to be from this host
    REPLY_TEXT_MAILBOX_FULL,      // 452 4.2.2: no room in the recipient's mailbox
    REPLY_TEXT_KINDS
};

void reply_text_plain(enum reply_text_kind kind, struct reply_text *out);

enum reply_text_size {
    REPLY_TEXT_SIZE_RECIPIENT, // 552 5.2.3, at RCPT, from the declared size
    REPLY_TEXT_SIZE_SENDER,    // 552 5.2.3, likewise: the limit of the authenticated sender
    REPLY_TEXT_SIZE_MESSAGE,   // 552 5.3.4, at the end of the message
};

// `limit` is in bytes.
void reply_text_too_big(enum reply_text_size kind, uint64_t limit, struct reply_text *out);

// 550 5.7.23 (RFC 7372 section 3.1). The explanation, which may be empty, is attributed to `domain`, since
// its text is the sender domain's own (RFC 7208 section 6.2).
void reply_text_spf_fail(enum spf_identity identity, struct slice domain, struct slice explanation,
                         struct reply_text *out);

// 451 4.7.24 for SPF_TEMPERROR, else 550 5.7.24 (RFC 7372 section 3.2, RFC 7208 sections 8.6 and 8.7).
// `domain` is empty if no worker determined it.
void reply_text_spf_error(enum spf_result result, enum spf_problem problem, enum spf_identity identity,
                          struct slice domain, struct reply_text *out);

// 550 5.7.23 for another result that the settings refuse, such as SPF_SOFTFAIL.
void reply_text_spf_refused(enum spf_result result, enum spf_identity identity, struct slice domain,
                            struct reply_text *out);

#endif
