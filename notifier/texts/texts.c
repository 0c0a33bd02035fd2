// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/texts/texts.h"

#include "notifier/texts/gsm.h"
#include "notifier/texts/phrase.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 600 }; // bytes of one value

struct text {
    char *out;
    size_t size, used;
};

static void add_byte(struct text *text, char byte)
{
    if (text->used + 1 < text->size)
        text->out[text->used++] = byte;
    text->out[text->used] = '\0';
}

static void add_words(struct text *text, const char *words)
{
    while (*words)
        add_byte(text, *words++);
}

// A value of a peer or a row: one line, and no longer than a line should be.
static void add_value(struct text *text, const char *value)
{
    for (size_t i = 0; value[i] && i < VALUE_MAX; i++)
        add_byte(text, (char)((unsigned char)value[i] < ' ' || value[i] == 0x7f ? ' ' : value[i]));
}

static const char *value_of(const struct alert *alert, const char *name, size_t len, char number[24])
{
    const struct {
        const char *name, *value;
    } values[] = {{"domain", *alert->domain ? alert->domain : phrase(PHRASE_SERVICE)},
                  {"subject", alert->subject},
                  {"detail", alert->detail},
                  {"opened", alert->opened},
                  {"closed", alert->closed},
                  {"zone", alert->time_zone},
                  {"oldest", *alert->oldest ? alert->oldest : alert->opened}};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++)
        if (strlen(values[i].name) == len && memcmp(values[i].name, name, len) == 0)
            return values[i].value;
    snprintf(number, 24, "%lu", *name == 'w' ? alert->waiting : alert->kept_days);
    return number;
}

// A phrase with its names in braces filled.
static void add_phrase(struct text *text, const struct alert *alert, const char *words)
{
    char number[24];
    for (; *words; words++) {
        const char *end = *words == '{' ? strchr(words, '}') : NULL;
        if (end) {
            add_value(text, value_of(alert, words + 1, (size_t)(end - words - 1), number));
            words = end;
        } else {
            add_byte(text, *words);
        }
    }
}

static void add_line(struct text *text, const struct alert *alert, const char *words)
{
    add_phrase(text, alert, words);
    add_byte(text, '\n');
}

static void add_times(struct text *body, const struct alert *alert)
{
    if (*alert->opened)
        add_line(body, alert, phrase(PHRASE_SINCE));
    if (*alert->closed)
        add_line(body, alert, phrase(PHRASE_UNTIL));
    // Of an incident that has ended it is the fault that is gone.
    if (*alert->detail && !*alert->closed)
        add_line(body, alert, phrase(PHRASE_OBSERVED));
}

// TLS that fails is an incident of the certificate's kind, and has texts of its own.
static const struct phrase_set *set_of(const struct alert *alert)
{
    const bool is_tls = strcmp(alert->kind, "certificate") == 0 && strcmp(alert->subject, "starttls") == 0;
    return phrase_set_of(is_tls ? alert->subject : alert->kind, alert->transition);
}

static bool is_end(const struct alert *alert)
{
    return strcmp(alert->transition, "closed") == 0;
}

static void add_mail_state(struct text *body, const struct alert *alert)
{
    add_byte(body, '\n');
    if (!is_end(alert))
        add_line(body, alert, phrase(PHRASE_KEPT));
    else if (alert->waiting > 0)
        add_line(body, alert, phrase(PHRASE_DELIVERED));
    add_line(body, alert, phrase(alert->waiting > 0 ? PHRASE_WAITING : PHRASE_NONE_WAITS));
}

void texts_mail(const struct alert *alert, char subject[TEXTS_SUBJECT_MAX], char body[TEXTS_BODY_MAX])
{
    const struct phrase_set *set = set_of(alert);
    struct text title = {.out = subject, .size = TEXTS_SUBJECT_MAX},
                text = {.out = body, .size = TEXTS_BODY_MAX};
    phrase_language(alert->language);
    add_phrase(&title, alert, "{domain}: ");
    add_phrase(&title, alert, phrase_text(set->title));
    add_line(&text, alert, phrase_text(set->what));
    add_byte(&text, '\n');
    add_times(&text, alert);
    if (set->about_mail)
        add_mail_state(&text, alert);
    if (set->advice) {
        add_byte(&text, '\n');
        add_line(&text, alert, phrase_text(set->advice));
    }
}

static void add_short(struct text *text, const struct alert *alert)
{
    const struct phrase_set *set = set_of(alert);
    add_phrase(text, alert, "{domain}: ");
    add_phrase(text, alert, phrase_text(set->title));
    if (is_end(alert) && *alert->closed)
        add_phrase(text, alert, " ({closed})");
    else if (*alert->opened)
        add_phrase(text, alert, set->about_mail ? phrase(PHRASE_SMS_SINCE) : " ({opened})");
    add_byte(text, '.');
    if (set->about_mail && alert->waiting > 0)
        add_phrase(text, alert, phrase(PHRASE_SMS_WAITING));
}

void texts_sms(const struct alert *alert, char out[TEXTS_SMS_MAX])
{
    char words[TEXTS_BODY_MAX];
    struct text text = {.out = words, .size = sizeof words};
    phrase_language(alert->language);
    if (strcmp(alert->transition, "code") == 0) {
        add_phrase(&text, alert, phrase(PHRASE_SMS_CODE));
    } else {
        add_short(&text, alert);
    }
    if (alert->last_of_week) {
        add_byte(&text, ' ');
        add_words(&text, phrase(PHRASE_SMS_LAST));
    }
    gsm_text(words, out, TEXTS_SMS_MAX);
}
