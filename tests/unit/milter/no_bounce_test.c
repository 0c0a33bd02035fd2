// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "milter/decide/no_bounce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void append(char *out, const char *text)
{
    assert_true(strlen(out) + strlen(text) < CASE_ANSWER_MAX);
    strcat(out, text);
}

static bool show(void *arg, const struct no_bounce_edit *edit)
{
    char *out = arg;
    if (edit->add) {
        append(out, "+");
        append(out, edit->add);
        append(out, edit->parameters + strlen("NOTIFY=NEVER"));
        append(out, "; ");
    }
    append(out, "-");
    append(out, edit->drop);
    append(out, "; ");
    return true;
}

static struct slice take(struct slice *rest, char separator)
{
    struct slice head;
    slice_split(*rest, separator, &head, rest);
    return head;
}

// RCPTs are separated by "|"; each is GIVEN, then =ADDRESS if it differs, then N=NOTIFY, O=ORCPT,
// unwanted.
static void note(struct no_bounce *recipients, struct slice rcpt)
{
    struct no_bounce_recipient recipient = {.wanted = true, .notify = SLICE(""), .orcpt = SLICE("")};
    recipient.given = recipient.address = take(&rcpt, '~');
    while (rcpt.len > 0) {
        const struct slice word = take(&rcpt, '~'), value = slice_skip(word, 2);
        if (slice_has_prefix(word, SLICE("=")))
            recipient.address = slice_skip(word, 1);
        else if (slice_has_prefix(word, SLICE("N=")))
            recipient.notify = value;
        else if (slice_has_prefix(word, SLICE("O=")))
            recipient.orcpt = value;
        else
            recipient.wanted = false;
    }
    no_bounce_note(recipients, &recipient);
}

static void run(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct no_bounce recipients = {.groups = NULL};
    char counts[64];
    while (input.len > 0)
        note(&recipients, take(&input, '|'));
    *out = '\0';
    const struct no_bounce_counts made = no_bounce_edit(&recipients, show, out);
    snprintf(counts, sizeof counts, "asked %u left %u", made.asked, made.left);
    append(out, counts);
    no_bounce_forget(&recipients);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/no_bounce.cases", run);
}

static bool refuse(void *arg, const struct no_bounce_edit *edit)
{
    (void)edit;
    return ++*(unsigned *)arg < 3;
}

// An edit that the MTA refuses is counted as left.
static void test_broken_connection(void **state)
{
    struct no_bounce recipients = {.groups = NULL};
    unsigned calls = 0;
    (void)state;
    note(&recipients, SLICE("a@d.example"));
    note(&recipients, SLICE("A@d.example"));
    note(&recipients, SLICE("\"a\"@d.example~=a@d.example"));
    note(&recipients, SLICE("a(x)@d.example~=a@d.example"));
    const struct no_bounce_counts made = no_bounce_edit(&recipients, refuse, &calls);
    assert_int_equal(calls, 3);
    assert_int_equal(made.asked, 2);
    assert_int_equal(made.left, 2);
    no_bounce_forget(&recipients);
}

static bool count(void *arg, const struct no_bounce_edit *edit)
{
    (void)edit;
    ++*(unsigned *)arg;
    return true;
}

static void test_u10_too_many_are_left_alone(void **state)
{
    char text[64];
    (void)state;
    for (unsigned recipients = NO_BOUNCE_MAX; recipients <= NO_BOUNCE_MAX + 1; recipients++) {
        struct no_bounce list = {.groups = NULL};
        unsigned edits = 0;
        for (unsigned i = 0; i < recipients; i++) {
            snprintf(text, sizeof text, "user%u@d.example", i);
            note(&list, slice_from(text));
        }
        const struct no_bounce_counts made = no_bounce_edit(&list, count, &edits);
        assert_int_equal(edits, recipients == NO_BOUNCE_MAX ? NO_BOUNCE_MAX : 0);
        assert_int_equal(made.asked + made.left, recipients);
        no_bounce_forget(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_broken_connection),
                                       cmocka_unit_test(test_u10_too_many_are_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
