// SPDX-License-Identifier: BSD-2-Clause
// Whole reports: figures in tests/cases/report/NAME.json, message in NAME.eml, and its parts, for the eyes of
// a reviewer, in NAME.txt and NAME.html. After a change of the texts:
//   EMG_REPORT_WRITE=1 report_compose_test
// writes those files again. message_test.py reads the messages with another parser.
#include "catalogue/catalogue.h"
#include "report/compose/report_compose.h"
#include "report/compose/report_mail.h"
#include "report/compose/report_words.h"

#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const cases[] = {"full.en",  "full.fr",  "empty.en",  "empty.fr",
                                    "first.en", "clock.en", "hostile.fr"};

static const struct report_mail mail = {.sender = "reports@service.example",
                                        .sender_name = "Poste de l\u2019h\u00f4te, \"Test\"",
                                        .unsubscribe_base = "https://console.example/unsubscribe",
                                        .unsubscribe_key = "0123456789abcdef0123456789abcdef",
                                        .date = 1796083200};

static void read_figures(const char *name, struct report_figures *figures)
{
    char path[300];
    struct problem problem = {.text = ""};
    snprintf(path, sizeof path, EMG_CASES "/report/%s.json", name);
    char *json = file_text_read(path);
    if (!report_figures_parse(slice_from(json), figures, &problem))
        fail_msg("%s: %s", name, problem.text);
    free(json);
}

static void check_file(const char *name, const char *ending, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, EMG_CASES "/report/%s.%s", name, ending);
    if (getenv("EMG_REPORT_WRITE")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(text, out);
        fclose(out);
    }
    char *wanted = file_text_read(path);
    assert_string_equal(text, wanted);
    free(wanted);
}

static char *message_of(const struct report_figures *figures, const struct report_texts *texts)
{
    char head[REPORT_HEAD_MAX];
    char *message = NULL;
    assert_true(report_mail_head(&mail, figures, "o'hara+x@example.org", head));
    char *body = report_mail_body(&mail, figures, texts);
    assert_true(asprintf(&message, "%s%s", head, body) > 0);
    free(body);
    return message;
}

static void test_whole_reports(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report_figures figures;
        struct report_texts texts;
        read_figures(cases[i], &figures);
        assert_true(report_compose(&figures, &texts));
        char *message = message_of(&figures, &texts);
        check_file(cases[i], "txt", texts.text);
        check_file(cases[i], "html", texts.html);
        check_file(cases[i], "eml", message);
        free(message);
        report_texts_finish(&texts);
    }
}

enum { LOCAL_PART = 64 }; // bytes (RFC 5321 section 4.5.3.1.1)

// Every list full, every value as long and as bad as it can be.
static void fill(struct report_figures *figures)
{
    char worst[ADDRESS_MAX + 1];
    memset(worst, 'x', ADDRESS_MAX);
    worst[ADDRESS_MAX] = '\0';
    memset(worst, '\'', LOCAL_PART);
    worst[LOCAL_PART] = '@';
    figures->mailbox_count = figures->expiry_count = figures->outage_count = figures->open_count =
        REPORT_LIST_MAX;
    figures->mailbox_total = figures->expiry_total = figures->outage_total = UINT64_MAX;
    memset(figures->best_mx, '"', REPORT_NAME_MAX);
    for (unsigned i = 0; i < REPORT_LIST_MAX; i++) {
        figures->mailboxes[i] = (struct report_mailbox){.bytes = UINT64_MAX, .quota = UINT64_MAX};
        figures->expiry[i] = (struct report_expiry){.days = UINT64_MAX, .usual = UINT64_MAX};
        figures->outages[i] = (struct report_outage){.minutes = UINT64_MAX, .unstable = true, .closed = "x"};
        figures->open[i] = (struct report_incident){.kind = "sending"};
        memcpy(figures->mailboxes[i].address, worst, sizeof worst);
        memcpy(figures->expiry[i].address, worst, sizeof worst);
        memset(figures->open[i].subject, '&', REPORT_NAME_MAX);
    }
    for (unsigned i = 0; i < REPORT_METRICS; i++)
        figures->numbers[i].now = figures->numbers[i].before = (struct report_value){true, UINT64_MAX};
}

static void test_the_largest_report_is_not_clipped(void **state)
{
    struct report_figures figures;
    struct report_texts texts;
    (void)state;
    read_figures("full.fr", &figures);
    fill(&figures);
    assert_true(report_compose(&figures, &texts));
    assert_true(strlen(texts.html) > 50000); // or the bound is not tried
    report_texts_finish(&texts);
}

static void check_words(void (*words)(uint64_t, char[REPORT_WORDS_MAX]), uint64_t value, const char *wanted)
{
    char out[REPORT_WORDS_MAX];
    words(value, out);
    assert_string_equal(out, wanted);
}

static void test_numbers(void **state)
{
    char out[REPORT_WORDS_MAX];
    (void)state;
    catalogue_language("en");
    check_words(report_words_count, 0, "0");
    check_words(report_words_count, 999, "999");
    check_words(report_words_count, 1000, "1,000");
    check_words(report_words_count, UINT64_MAX, "18,446,744,073,709,551,615");
    check_words(report_words_bytes, 0, "0 B");
    check_words(report_words_bytes, 999, "999 B");
    check_words(report_words_bytes, 1834567890, "1.83 GB");
    check_words(report_words_bytes, 123456789, "123 MB");
    check_words(report_words_bytes, 999600, "1.00 MB");
    check_words(report_words_bytes, 99949, "99.9 kB");
    check_words(report_words_bytes, UINT64_MAX, "18.4 EB");
    check_words(report_words_minutes, 0, "0 min");
    check_words(report_words_minutes, 98, "1 h 38 min");
    check_words(report_words_minutes, 1500, "1 d 1 h");
    report_words_change(112, 100, out);
    assert_string_equal(out, "+12%");
    report_words_change(0, 100, out);
    assert_string_equal(out, "-100%");
    report_words_change(5, 0, out);
    assert_string_equal(out, "");
    catalogue_language("fr");
    check_words(report_words_count, 1234567, "1\u202f234\u202f567");
    check_words(report_words_bytes, 1834567890, "1,83 Go");
    check_words(report_words_minutes, 1500, "1 j 1 h");
}

static void test_figures_that_are_none(void **state)
{
    static const char *const wrong[] = {"", "{}", "[]", "{\"domain\": 1}", "{\"domain\": \"a\\u0000b\"}"};
    struct report_figures figures;
    struct problem problem;
    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        problem.text[0] = '\0';
        assert_false(report_figures_parse(slice_from(wrong[i]), &figures, &problem));
        assert_true(*problem.text);
    }
}

static void test_heads(void **state)
{
    struct report_figures figures;
    struct report_mail plain = mail;
    char head[REPORT_HEAD_MAX], again[REPORT_HEAD_MAX];
    (void)state;
    read_figures("full.en", &figures);
    plain.unsubscribe_base = "";
    assert_true(report_mail_head(&plain, &figures, "a@example.org", head));
    assert_null(strstr(head, "Unsubscribe"));
    assert_true(report_mail_head(&plain, &figures, "a@example.org", again));
    assert_string_equal(head, again);
    assert_true(report_mail_head(&plain, &figures, "b@example.org", again));
    assert_null(strstr(again, strstr(head, "Message-ID")));
    assert_false(report_mail_head(&plain, &figures, "\"a b\"@example.org", head));
    assert_false(report_mail_head(&plain, &figures, "a@example.org>\nBcc: <c@example.org", head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_reports), cmocka_unit_test(test_the_largest_report_is_not_clipped),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_figures_that_are_none),
        cmocka_unit_test(test_heads),
    };
    catalogue_open(REPORT_CATALOGUE, EMG_LOCALE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
