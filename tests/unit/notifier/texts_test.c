// SPDX-License-Identifier: BSD-2-Clause
// All texts in both languages beside tests/cases/notifier/texts.LANGUAGE.txt. After a change of the texts:
//   EMG_TEXTS_WRITE=1 texts_test
// writes the files again, for the eyes of a reviewer.
#include "notifier/texts/gsm.h"
#include "notifier/texts/phrase.h"
#include "notifier/texts/texts.h"

#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const kinds[] = {"server", "unstable", "queue",    "round_trip",    "certificate",
                                    "quota",  "expiry",   "sending",  "dnsbl",         "replica",
                                    "self",   "outbox",   "database", "sending_limit", "other"};

static struct alert alert_of(const char *kind, const char *transition, const char *language)
{
    const bool is_operators = !strcmp(kind, "dnsbl") || !strcmp(kind, "replica") || !strcmp(kind, "self") ||
                              !strcmp(kind, "outbox") || !strcmp(kind, "database");
    return (struct alert){.kind = kind,
                          .transition = transition,
                          .domain = is_operators ? "" : "example.com",
                          .subject = !strcmp(kind, "dnsbl")           ? "bl.example"
                                     : !strcmp(kind, "sending_limit") ? "example.com"
                                     : !strcmp(kind, "replica") || !strcmp(kind, "database")
                                         ? "mx1"
                                         : "user@example.com",
                          .detail = "192.0.2.7: no connection at the connection: Connection refused",
                          .opened = "2026-11-29 10:02",
                          .closed = strcmp(transition, "closed") ? "" : "2026-11-29 10:47",
                          .time_zone = "Europe/Zurich",
                          .language = language,
                          .waiting = 12,
                          .oldest = "2026-11-29 10:03",
                          .kept_days = 30};
}

static void print_alert(FILE *out, const struct alert *alert)
{
    char subject[TEXTS_SUBJECT_MAX], body[TEXTS_BODY_MAX], sms[TEXTS_SMS_MAX];
    texts_mail(alert, subject, body);
    texts_sms(alert, sms);
    fprintf(out, "==== %s %s\n%s\n\n%s\nSMS: %s\n\n", alert->kind, alert->transition, subject, body, sms);
}

// TLS that fails, of which the subject says so.
static void print_starttls(FILE *out, const char *language)
{
    struct alert opened = alert_of("certificate", "opened", language),
                 closed = alert_of("certificate", "closed", language);
    opened.subject = closed.subject = "starttls";
    print_alert(out, &opened);
    print_alert(out, &closed);
}

// An outage without mail that waits.
static void print_quiet(FILE *out, const char *language)
{
    struct alert opened = alert_of("server", "opened", language),
                 closed = alert_of("server", "closed", language);
    opened.waiting = closed.waiting = 0;
    print_alert(out, &opened);
    print_alert(out, &closed);
}

// Mails to accounts of the console.
static void print_account(FILE *out, const char *language)
{
    static const char *const transitions[] = {"reset", "invited", "changed"};
    for (unsigned i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        const struct alert alert = {.kind = "account",
                                    .transition = transitions[i],
                                    .domain = "",
                                    .subject =
                                        strcmp(transitions[i], "changed") == 0
                                            ? "alice@firm.example"
                                            : "https://console.example.com/set-password/0123456789abcdef",
                                    .detail = "",
                                    .opened = "",
                                    .closed = "",
                                    .time_zone = "UTC",
                                    .language = language,
                                    .oldest = ""};
        print_alert(out, &alert);
    }
}

static char *all_texts(const char *language)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct alert alert = alert_of(kinds[i], "opened", language);
        print_alert(out, &alert);
        alert = alert_of(kinds[i], "closed", language);
        print_alert(out, &alert);
    }
    print_starttls(out, language);
    print_quiet(out, language);
    print_account(out, language);
    struct alert code = alert_of("", "code", language), test = alert_of("", "test", language),
                 last = alert_of("server", "opened", language);
    code.detail = "123456";
    test.detail = test.opened = "";
    last.last_of_week = true;
    print_alert(out, &code);
    print_alert(out, &test);
    print_alert(out, &last);
    fclose(out);
    return text;
}

static void check_language(const char *language)
{
    char path[300];
    char *text = all_texts(language);
    snprintf(path, sizeof path, EMG_CASES "/notifier/texts.%s.txt", language);
    if (getenv("EMG_TEXTS_WRITE")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(text, out);
        fclose(out);
    }
    char *wanted = file_text_read(path);
    assert_string_equal(text, wanted);
    free(wanted);
    free(text);
}

static void test_english(void **state)
{
    (void)state;
    check_language("en");
}

static void test_french(void **state)
{
    (void)state;
    check_language("fr");
}

static void test_other_languages_are_english(void **state)
{
    const struct alert alert = alert_of("server", "opened", "xx");
    char subject[TEXTS_SUBJECT_MAX], body[TEXTS_BODY_MAX];
    (void)state;
    texts_mail(&alert, subject, body);
    assert_string_equal(subject, "example.com: the mail server does not answer");
}

// A server's reply reaches a text: it cannot begin a line, and a huge one leaves the rest whole.
static void test_hostile_values(void **state)
{
    static char huge[100000];
    char subject[TEXTS_SUBJECT_MAX], body[TEXTS_BODY_MAX], sms[TEXTS_SMS_MAX];
    struct alert alert = alert_of("server", "opened", "en");
    (void)state;
    alert.detail = "550 no\r\nBcc: everybody@example.com\r\n\r\n{domain} %s %n";
    texts_mail(&alert, subject, body);
    assert_non_null(strstr(body, "Observation: 550 no  Bcc: everybody@example.com    {domain} %s %n\n"));
    memset(huge, 'x', sizeof huge - 1);
    alert.detail = alert.subject = alert.opened = huge;
    texts_mail(&alert, subject, body);
    assert_non_null(strstr(body, "Please check the server"));
    texts_sms(&alert, sms);
}

static void check_gsm(const char *text, const char *wanted)
{
    char out[TEXTS_SMS_MAX];
    gsm_text(text, out, sizeof out);
    assert_string_equal(out, wanted);
}

static void test_gsm(void **state)
{
    char text[400], out[TEXTS_SMS_MAX];
    (void)state;
    check_gsm("Le serveur est arrêté à Genève, çà", "Le serveur est arreté à Genève, cà");
    check_gsm("Zürich ß Ø", "Zürich ß Ø");
    check_gsm("cœur “quoted” – 5 €", "coeur \"quoted\" - 5 EUR");
    check_gsm("[a]{b}\\^~|`", "?a??b??????");
    check_gsm("日本\n\xff\xc3", "?? ??");
    memset(text, 'a', 160);
    text[160] = '\0';
    check_gsm(text, text);
    memset(text, 'a', 399);
    text[399] = '\0';
    gsm_text(text, out, sizeof out);
    assert_int_equal(strlen(out), 160);
    assert_string_equal(out + 157, "...");
    text[0] = '\0';
    for (int i = 0; i < 170; i++)
        strcat(text, "é");
    gsm_text(text, out, sizeof out);
    assert_int_equal(strlen(out), 2 * 157 + 3);
}

static int open_catalogues(void **state)
{
    (void)state;
    phrase_open(EMG_LOCALE);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_english),
        cmocka_unit_test(test_french),
        cmocka_unit_test(test_other_languages_are_english),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_gsm),
    };
    return cmocka_run_group_tests(tests, open_catalogues, NULL);
}
