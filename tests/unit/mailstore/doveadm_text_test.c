// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/doveadm/doveadm_answer.h"
#include "mailstore/doveadm/doveadm_request.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void read_answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const ends[] = {
        [DOVEADM_OK] = "ok", [DOVEADM_REFUSED] = "refused", [DOVEADM_UNKNOWN] = "unknown"};
    static const char *const fields[] = {"uid", NULL};
    struct doveadm_answer answer;
    doveadm_answer_read(input, fields, &answer);
    const char *uid = answer.rows ? doveadm_answer_text(&answer, 0, "uid") : "";
    snprintf(out, CASE_ANSWER_MAX, "%s %d rows=%zu%s%s", ends[answer.end], answer.code, answer.rows,
             *uid ? " uid=" : "", uid);
    doveadm_answer_finish(&answer);
}

static void test_answers(void **state)
{
    (void)state;
    case_lines_check("mailstore/doveadm_answer.cases", read_answer);
}

static void test_answers_about_users(void **state)
{
    static const struct {
        const char *body, *layout;
        enum doveadm_end end;
        size_t rows;
    } cases[] = {
        {"[[\"doveadmResponse\",{\"a@d\":{\"uid\":\"1\",\"emailgency_layout\":\"1\"}},\"1\"]]", "1",
         DOVEADM_OK, 1},
        {"[[\"doveadmResponse\",{\"a@d\":{\"uid\":\"1\"}},\"1\"]]", "", DOVEADM_OK, 1},
        {"[[\"doveadmResponse\",{\"a@d\":{\"emailgency_layout\":1}},\"1\"]]", "", DOVEADM_OK, 1},
        {"[[\"doveadmResponse\",{},\"1\"]]", "", DOVEADM_OK, 0},
        {"[[\"doveadmResponse\",{\"a@d\":5},\"1\"]]", "", DOVEADM_UNKNOWN, 0},
        {"[[\"doveadmResponse\",[],\"1\"]]", "", DOVEADM_UNKNOWN, 0},
        {"[[\"doveadmResponse\",{\"a@d\":{\"emailgency_layout\":\"1\"}},\"2\"]]", "", DOVEADM_UNKNOWN, 0},
        {"[[\"error\",{\"type\":\"exitCode\",\"exitCode\":67},\"1\"]]", "", DOVEADM_REFUSED, 0},
        {"", "", DOVEADM_UNKNOWN, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct doveadm_answer answer;
        doveadm_answer_read_users(slice_from(cases[i].body), &answer);
        assert_int_equal(answer.end, cases[i].end);
        assert_int_equal(answer.rows, cases[i].rows);
        if (answer.end == DOVEADM_OK)
            assert_string_equal(doveadm_answer_text(&answer, 0, "emailgency_layout"), cases[i].layout);
        doveadm_answer_finish(&answer);
    }
}

static void check_request(const struct doveadm_request *request, const char *expected)
{
    char *text = doveadm_request_text(request);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void test_requests(void **state)
{
    static const char *const fields[] = {"guid", "messages", NULL}, *const masks[] = {"*", NULL},
                             *const query[] = {"mailbox", "INBOX", "\"'\\", NULL},
                             *const made[] = {"Mail", NULL};
    (void)state;
    check_request(
        &(struct doveadm_request){
            .command = "mailboxStatus", .user = "a@d.example", .fields = fields, .folders = masks},
        "[[\"mailboxStatus\",{\"user\":\"a@d.example\",\"field\":[\"guid\",\"messages\"],\"mailboxMask\":[\"*"
        "\"]},\"1\"]]");
    check_request(
        &(struct doveadm_request){.command = "mailboxCreate", .user = "a@d.example", .folders = made},
        "[[\"mailboxCreate\",{\"user\":\"a@d.example\",\"mailbox\":[\"Mail\"]},\"1\"]]");
    check_request(
        &(struct doveadm_request){
            .command = "move", .user = "b", .destination = "Mail", .source = "c", .query = query},
        "[[\"move\",{\"user\":\"b\",\"destinationMailbox\":\"Mail\",\"sourceType\":\"user\",\"sourceUser\":"
        "\"c\","
        "\"query\":[\"mailbox\",\"INBOX\",\"\\\"'\\\\\"]},\"1\"]]");
    check_request(&(struct doveadm_request){.command = "user", .folders = (const char *const[]){"a@d", NULL}},
                  "[[\"user\",{\"userMask\":[\"a@d\"]},\"1\"]]");
    assert_null(doveadm_request_text(&(struct doveadm_request){.command = "expunge", .user = "\xff"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers),
                                       cmocka_unit_test(test_answers_about_users),
                                       cmocka_unit_test(test_requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
