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
    assert_null(doveadm_request_text(&(struct doveadm_request){.command = "expunge", .user = "\xff"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers), cmocka_unit_test(test_requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
