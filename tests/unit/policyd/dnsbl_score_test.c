// SPDX-License-Identifier: BSD-2-Clause
#include "base/cidr.h"
#include "case_lines.h"
#include "policyd/dnsbl/dnsbl_replies.h"
#include "policyd/dnsbl/dnsbl_score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LISTS_MAX 8

struct list {
    char zone[64];
    int64_t weight;
    bool allow;
    struct dnsbl_replies replies;
};

static bool take_prefix(struct slice in, struct slice prefix, struct slice *rest)
{
    bool is = in.len >= prefix.len && memcmp(in.ptr, prefix.ptr, prefix.len) == 0;
    *rest = is ? slice_skip(in, prefix.len) : in;
    return is;
}

static int64_t number(struct slice in)
{
    unsigned long long value = 0;
    assert_true(slice_number(in, 1000000, &value));
    return (int64_t)value;
}

// Returns false where `replies` cannot be read.
static bool read_list(struct slice *words, struct list *list)
{
    struct slice word, value, zone;
    *list = (struct list){.weight = 1};
    slice_split(*words, ' ', &zone, words);
    assert_true(slice_copy(zone, list->zone, sizeof list->zone));
    while (slice_split(*words, ' ', &word, words) && !slice_equal(word, SLICE("says"))) {
        if (slice_equal(word, SLICE("allow")))
            list->allow = true;
        else if (take_prefix(word, SLICE("weight="), &value))
            list->weight = number(value);
        else if (take_prefix(word, SLICE("replies="), &value) && !dnsbl_replies_parse(value, &list->replies))
            return false;
    }
    return true;
}

static enum dnsbl_reply judge(const struct list *list, struct slice answers)
{
    enum dnsbl_reply verdict = DNSBL_REPLY_OTHER;
    if (slice_equal(answers, SLICE("nothing")))
        return verdict;
    while (answers.len > 0) {
        struct slice text;
        struct ip ip;
        slice_split(answers, ',', &text, &answers);
        assert_true(ip_parse(text, &ip));
        enum dnsbl_reply reply = dnsbl_replies_judge(&list->replies, list->allow, ip.bytes);
        if (reply == DNSBL_REPLY_COUNTS || verdict == DNSBL_REPLY_OTHER)
            verdict = reply;
    }
    return verdict;
}

static void weigh(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const names[] = {"clear", "suspicious", "listed", "allowed"};
    static struct list lists[LISTS_MAX];
    struct dnsbl_score score = {0};
    int64_t threshold = 1;
    bool refuses = false;
    for (size_t n = 0; input.len > 0;) {
        struct slice part, value;
        slice_split(input, '|', &part, &input);
        part = slice_trim(part);
        if (take_prefix(part, SLICE("threshold="), &value)) {
            threshold = number(value);
            continue;
        }
        assert_true(n < LISTS_MAX);
        if (!read_list(&part, &lists[n])) {
            strcpy(out, "malformed replies");
            return;
        }
        enum dnsbl_reply reply = judge(&lists[n], part);
        refuses = refuses || reply == DNSBL_REPLY_ERROR;
        if (reply == DNSBL_REPLY_COUNTS)
            dnsbl_score_add(&score, n, lists[n].weight, lists[n].allow);
        n++;
    }
    snprintf(out, CASE_ANSWER_MAX, "%s %lld %s%s", names[dnsbl_score_outcome(&score, threshold)],
             (long long)score.weight, score.hit ? lists[score.list].zone : "-", refuses ? " refuses" : "");
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("policyd/dnsbl.cases", weigh);
}

static void test_weights_do_not_overflow(void **state)
{
    (void)state;
    struct dnsbl_score score = {0};
    dnsbl_score_add(&score, 0, INT64_MAX, false);
    dnsbl_score_add(&score, 1, INT64_MAX, false);
    assert_int_equal(score.weight, INT64_MAX);
    assert_int_equal(dnsbl_score_outcome(&score, INT64_MAX), DNSBL_LISTED);
}

static void test_patterns_are_bounded(void **state)
{
    (void)state;
    struct dnsbl_replies replies;
    char text[1024] = "";
    for (int i = 0; i < DNSBL_PATTERNS_MAX; i++)
        sprintf(text + strlen(text), "127.0.%d.2 ", i);
    assert_true(dnsbl_replies_parse(slice_from(text), &replies));
    strcat(text, "127.0.31.3\t127.0.31.4-9"); // joins a pattern that is there
    assert_true(dnsbl_replies_parse(slice_from(text), &replies));
    assert_int_equal(replies.count, DNSBL_PATTERNS_MAX);
    strcat(text, ",127.0.99.2");
    assert_false(dnsbl_replies_parse(slice_from(text), &replies));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_weights_do_not_overflow),
        cmocka_unit_test(test_patterns_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
