// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "milter/decide/reply_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct slice next_word(struct slice *in)
{
    struct slice word;
    slice_split(*in, ' ', &word, in);
    return word;
}

static size_t find_word(struct slice word, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(word, slice_from(words[i])))
            return i;
    fail_msg("unknown word: %.*s", (int)word.len, word.ptr);
    return 0;
}

static enum spf_result next_result(struct slice *in)
{
    const char *words[SPF_RESULTS];
    for (int i = 0; i < SPF_RESULTS; i++)
        words[i] = spf_result_word((enum spf_result)i);
    return (enum spf_result)find_word(next_word(in), words, SPF_RESULTS);
}

static enum spf_problem next_problem(struct slice in)
{
    const char *words[SPF_PROBLEMS];
    for (int i = 0; i < SPF_PROBLEMS; i++)
        words[i] = spf_problem_words((enum spf_problem)i);
    return (enum spf_problem)find_word(in, words, SPF_PROBLEMS);
}

static enum spf_identity next_identity(struct slice *in)
{
    return slice_equal(next_word(in), SLICE("helo")) ? SPF_HELO : SPF_MAIL_FROM;
}

static void make_spf(struct slice word, struct slice in, struct reply_text *reply)
{
    if (slice_equal(word, SLICE("fail"))) {
        const enum spf_identity identity = next_identity(&in);
        const struct slice domain = next_word(&in);
        reply_text_spf_fail(identity, domain, in, reply);
        return;
    }
    const enum spf_result result = next_result(&in);
    const enum spf_identity identity = next_identity(&in);
    const struct slice domain = next_word(&in);
    if (slice_equal(word, SLICE("refused")))
        reply_text_spf_refused(result, identity, domain, reply);
    else
        reply_text_spf_error(result, next_problem(in), identity, domain, reply);
}

// The first word selects the reply: see the case file.
static void make(struct slice in, char out[CASE_ANSWER_MAX])
{
    static const char *const kinds[] = {"another-limit",   "bounce-recipients", "bounce-never-sent",
                                        "bounce-untagged", "bounce-expired",    "many-forged",
                                        "mailbox-full"};
    static const char *const sizes[] = {"recipient", "sender", "message"};
    struct reply_text reply = {.code = ""};
    const struct slice word = next_word(&in);
    unsigned long long limit;
    bool made = true;
    if (slice_equal(word, SLICE("say"))) {
        const struct slice code = next_word(&in), status = next_word(&in);
        made = reply_text_make(code, status, in, &reply);
    } else if (slice_equal(word, SLICE("too-big"))) {
        const size_t kind = find_word(next_word(&in), sizes, 3);
        assert_true(slice_number(in, ~0ULL, &limit));
        reply_text_too_big((enum reply_text_size)kind, limit, &reply);
    } else if (slice_equal(word, SLICE("plain"))) {
        reply_text_plain((enum reply_text_kind)find_word(in, kinds, REPLY_TEXT_KINDS), &reply);
    } else {
        make_spf(word, in, &reply);
    }
    snprintf(out, CASE_ANSWER_MAX, made ? "%s %s%s%s" : "wrong code", reply.code, reply.status,
             reply.text[0] ? " " : "", reply.text);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/reply_text.cases", make);
}

static void test_long_text_is_cut(void **state)
{
    (void)state;
    char hostile[2000];
    struct reply_text reply;
    memset(hostile, '%', sizeof hostile);
    assert_true(reply_text_make(SLICE("550"), SLICE("5.7.1"), slice_make(hostile, sizeof hostile), &reply));
    assert_int_equal(strlen(reply.text), 2 * (REPLY_TEXT_SHOWN_MAX - 3) + 3);
    assert_string_equal(reply.text + strlen(reply.text) - 4, "%...");
    assert_true(
        reply_text_make(SLICE("550"), SLICE("5.7.1"), slice_make(hostile, REPLY_TEXT_SHOWN_MAX), &reply));
    assert_int_equal(strlen(reply.text), REPLY_TEXT_MAX);
    reply_text_spf_fail(SPF_HELO, slice_make(hostile, sizeof hostile), slice_make(hostile, sizeof hostile),
                        &reply);
    assert_true(strlen(reply.text) <= REPLY_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
