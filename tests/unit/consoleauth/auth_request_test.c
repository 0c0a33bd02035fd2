// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of tests/cases/consoleauth/auth_request.cases, and replies.
#include "case_lines.h"
#include "consoleauth/request/auth_reply.h"
#include "consoleauth/request/auth_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// The verb, and the fields that are there by number.
static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    static struct auth_request request;
    if (!auth_request_parse(input, &request)) {
        snprintf(out, CASE_ANSWER_MAX, "none");
        return;
    }
    int used = snprintf(out, CASE_ANSWER_MAX, "%s", auth_verb_word(request.verb));
    for (unsigned field = 0; field < AUTH_FIELDS; field++)
        if (request.size[field])
            used += snprintf(out + used, CASE_ANSWER_MAX - (size_t)used, " %u=%s", field,
                             auth_request_text(&request, (enum auth_field)field));
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("consoleauth/auth_request.cases", answer);
}

static bool parses(const char *field, size_t len)
{
    static struct auth_request request;
    static char text[40000];
    int used =
        snprintf(text, sizeof text,
                 "{\"do\":\"login\",\"login\":\"a\",\"password\":\"b\",\"from\":\"::1\",\"%s\":\"", field);
    memset(text + used, 'x', len);
    memcpy(text + used + len, "\"}", 3);
    return auth_request_parse(slice_from(text), &request);
}

static void test_bounds(void **state)
{
    (void)state;
    assert_true(parses("agent", 1000));
    assert_false(parses("agent", 1001));
    assert_true(parses("captcha", 8000));
    assert_false(parses("captcha", 8001));
    assert_true(parses("unknown", 16000));
    assert_false(parses("unknown", 17000));
}

static const char *written(const struct auth_reply *reply)
{
    static char out[AUTH_REPLY_MAX + 1];
    out[auth_reply_write(reply, out)] = '\0';
    return out;
}

static void test_replies(void **state)
{
    const char *const codes[] = {"A", "B", NULL};
    struct auth_reply reply = {.reason = AUTH_OK};
    (void)state;
    assert_string_equal(written(&reply), "{\"ok\":true}");
    auth_reply_add(&reply, "login", "\"é\n");
    reply.codes = codes;
    assert_string_equal(written(&reply), "{\"ok\":true,\"login\":\"\\\"é\\n\",\"codes\":[\"A\",\"B\"]}");
    reply = (struct auth_reply){.reason = AUTH_CAPTCHA, .text = "Prove it."};
    auth_reply_add_json(&reply, "challenge", "{\"a\":[1]}");
    assert_string_equal(
        written(&reply),
        "{\"ok\":false,\"reason\":\"captcha\",\"text\":\"Prove it.\",\"challenge\":{\"a\":[1]}}");
    reply = (struct auth_reply){.reason = AUTH_OK};
    auth_reply_add_json(&reply, "challenge", "{");
    assert_string_equal(written(&reply), "");
    reply = (struct auth_reply){.reason = AUTH_OK};
    auth_reply_add(&reply, "login", "\xff");
    assert_string_equal(written(&reply), "");
}

static void test_a_huge_reply_is_none(void **state)
{
    static char huge[AUTH_REPLY_MAX + 1];
    struct auth_reply reply = {.reason = AUTH_OK};
    (void)state;
    memset(huge, 'x', sizeof huge - 1);
    auth_reply_add(&reply, "login", huge);
    assert_string_equal(written(&reply), "");
}

static void test_each_reason_has_a_text(void **state)
{
    (void)state;
    for (unsigned reason = AUTH_OK + 1; reason < AUTH_REASONS; reason++) {
        const struct auth_reply reply = {.reason = (enum auth_reason)reason};
        assert_non_null(strstr(written(&reply), auth_reason_word(reason)));
        assert_non_null(strstr(written(&reply), ".\"}"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_bounds), cmocka_unit_test(test_replies),
        cmocka_unit_test(test_a_huge_reply_is_none), cmocka_unit_test(test_each_reason_has_a_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
