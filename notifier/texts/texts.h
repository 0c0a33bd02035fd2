// SPDX-License-Identifier: BSD-2-Clause
// The texts of alerts, in the language of the domain: what happened, since when, what becomes of the mail
// meanwhile, and what the reader can do. Pure, but for gettext(3), which reads its catalogue once.
#ifndef NOTIFIER_TEXTS_TEXTS_H
#define NOTIFIER_TEXTS_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#define TEXTS_SUBJECT_MAX 300
#define TEXTS_BODY_MAX 8000
#define TEXTS_SMS_MAX 330 // one segment: 160 characters (3GPP TS 23.038), each of at most two bytes

// As claim_outbox() returns it. Strings are never NULL.
struct alert {
    const char *kind;       // of the incident: "server"; "": none
    const char *transition; // "opened", "closed", "code", "test"
    const char *domain;     // "": the operator's
    const char *subject;    // of the incident within the domain
    const char *detail;
    const char *opened, *closed; // local times, as texts; "": none
    const char *time_zone;
    const char *language;  // "en", "fr"
    unsigned long waiting; // messages
    const char *oldest;    // arrival of the oldest; "": none
    unsigned kept_days;    // Postfix's maximal_queue_lifetime
    bool last_of_week;     // SMS: no more will come within seven days
};

// The subject and the body of a mail, UTF-8, lines with LF. Values are cut, and control bytes in them are
// blanks.
void texts_mail(const struct alert *alert, char subject[TEXTS_SUBJECT_MAX], char body[TEXTS_BODY_MAX]);

// One SMS, in characters of the GSM alphabet: others are transliterated ("é" stays, "œ" is "oe"), or "?".
void texts_sms(const struct alert *alert, char out[TEXTS_SMS_MAX]);

#endif
