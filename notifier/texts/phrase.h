// SPDX-License-Identifier: BSD-2-Clause
// The phrases of alerts, and which of them each kind of incident has. English is in the source, other
// languages in po/LANGUAGE.po. A phrase holds names in braces, such as {domain}; texts.c fills them.
#ifndef NOTIFIER_TEXTS_PHRASE_H
#define NOTIFIER_TEXTS_PHRASE_H

#include <stdbool.h>

enum phrase_id {
    PHRASE_SERVICE,
    PHRASE_KEPT,
    PHRASE_DELIVERED,
    PHRASE_WAITING,
    PHRASE_NONE_WAITS,
    PHRASE_SINCE,
    PHRASE_UNTIL,
    PHRASE_OBSERVED,
    PHRASE_SMS_SINCE,
    PHRASE_SMS_WAITING,
    PHRASE_SMS_CODE,
    PHRASE_SMS_LAST,
    PHRASE_COUNT
};

// The phrases of one kind and transition.
struct phrase_set {
    const char *kind, *transition;
    const char *title, *what, *advice; // English; advice may be NULL
    bool about_mail;                   // also how much mail waits
};

// Opens the catalogues below `folder` (share/locale); languages without one are English.
void phrase_open(const char *folder);

// Never NULL: an unknown kind has a general set.
const struct phrase_set *phrase_set_of(const char *kind, const char *transition);

// Chooses the language of the calls that follow: "en", "fr"; an unknown one is English.
void phrase_language(const char *language);

// The phrase, or an English text of a set, in that language.
const char *phrase(enum phrase_id id);
const char *phrase_text(const char *english);

#endif
