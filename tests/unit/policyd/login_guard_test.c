// SPDX-License-Identifier: BSD-2-Clause
// The decisions on log-ins: tests/cases/policyd/logins.cases, and what no line of them can show.
#include "base/lru.h"
#include "case_lines.h"
#include "policyd/logins/login_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct login_limits limits = {
    .wrong_passwords = 10, .network_failures = 50, .address_failures = 100, .window = 3600};

// One line of the cases: its tables, its time, and the last verdict.
struct play {
    struct login_guard *guard;
    int64_t now;
    unsigned fresh; // passwords
    struct login_verdict last;
};

static void fill_in(struct slice text, unsigned long long number, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + 24 < size; i++)
        if (text.ptr[i] == '%')
            len += (size_t)snprintf(out + len, size - len, "%llu", number);
        else
            out[len++] = text.ptr[i];
    out[len] = 0;
}

static void attempt(struct play *play, struct slice user, struct slice client, struct slice password,
                    unsigned long long number)
{
    char text[64];
    struct login_attempt made = {.has_client = true};
    const bool succeeds = password.len && password.ptr[password.len - 1] == '!';
    fill_in(user, number, made.address, sizeof made.address);
    fill_in(client, number, text, sizeof text);
    assert_true(ip_parse(slice_from(text), &made.client));
    (void)snprintf(text, sizeof text, "%.*s%u", (int)(password.len - succeeds), password.ptr,
                   slice_equal(password, SLICE("?")) ? ++play->fresh : 0);
    made.password = (uint32_t)lru_key(&(struct slice){text, strlen(text)}, 1).low;
    play->last = login_guard_check(play->guard, &limits, &made, play->now);
    if (succeeds)
        login_guard_success(play->guard, &limits, &made, play->now);
}

static void step(struct play *play, struct slice text)
{
    unsigned long long count = 1;
    struct slice head, rest, user = {0}, client = {0}, password = {0};
    if (text.ptr[0] == '+') {
        assert_true(slice_number(slice_skip(text, 1), 100000000, &count));
        play->now += (int64_t)count;
        return;
    }
    if (slice_split(text, '*', &head, &rest)) {
        assert_true(slice_number(head, 100000, &count));
        text = rest;
    }
    assert_true(slice_split(text, '/', &user, &rest) && slice_split(rest, '/', &client, &password));
    for (unsigned long long n = 1; n <= count; n++)
        attempt(play, user, client, password, n);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct play play = {.guard = login_guard_create(10000), .now = 1000000};
    struct slice word, next;
    assert_non_null(play.guard);
    for (struct slice rest = input; rest.len; rest = next) {
        if (!slice_split(rest, ' ', &word, &next)) {
            word = rest;
            next = SLICE("");
        }
        if (word.len)
            step(&play, word);
    }
    if (play.last.reason == LOGIN_ALLOWED)
        (void)snprintf(out, CASE_ANSWER_MAX, "allowed");
    else if (play.last.reason == LOGIN_DELAYED)
        (void)snprintf(out, CASE_ANSWER_MAX, "delayed %u", play.last.delay);
    else
        (void)snprintf(out, CASE_ANSWER_MAX, "refused %s", login_reason_word(play.last.reason));
    login_guard_destroy(play.guard);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("policyd/logins.cases", answer);
}

// One line in the log for each time that a bound is reached.
static void test_first_refusal(void **state)
{
    (void)state;
    struct play play = {.guard = login_guard_create(100), .now = 1000};
    for (unsigned round = 0; round < 2; round++) {
        step(&play, SLICE("10*anna/192.0.2.1/?"));
        assert_false(play.last.first);
        step(&play, SLICE("anna/192.0.2.1/?"));
        assert_true(play.last.first);
        step(&play, SLICE("anna/192.0.2.1/?"));
        assert_false(play.last.first);
        play.now += limits.window;
    }
    login_guard_destroy(play.guard);
}

// Attempts on ever more addresses from ever more networks push out attempts, and no user's networks.
static void test_memory_is_bounded(void **state)
{
    (void)state;
    struct play play = {.guard = login_guard_create(1000), .now = 1000};
    step(&play, SLICE("anna/192.0.2.1/right!"));
    step(&play, SLICE("100*anna/10.0.%.1/?"));
    for (unsigned n = 0; n < 40; n++)
        step(&play, SLICE("200*user%/10.1.%.1/?"));
    step(&play, SLICE("anna/192.0.2.1/right"));
    assert_int_equal(play.last.reason, LOGIN_ALLOWED);
    login_guard_destroy(play.guard);
}

static bool parse(const char *text, struct login_attempt *out)
{
    return login_request_parse(slice_from(text), out);
}

static void test_request(void **state)
{
    (void)state;
    struct login_attempt attempt, other;
    assert_true(
        parse("{\"login\":\"Anna@Example.com\",\"pwhash\":\"0a3f\",\"remote\":\"192.0.2.1\",\"tls\":true}",
              &attempt));
    assert_string_equal(attempt.address, "anna@example.com");
    assert_true(attempt.has_client);
    assert_false(attempt.successful);
    assert_true(parse("{\"login\":\"anna@example.com\",\"pwhash\":\"0a40\",\"remote\":\"\",\"success\":true,"
                      "\"policy_reject\":false}",
                      &other));
    assert_false(other.has_client);
    assert_true(other.successful);
    assert_int_not_equal(attempt.password, other.password);
    assert_false(parse("{\"login\":\"anna@example.com\"}", &attempt));
    assert_false(parse("{\"login\":\"\",\"pwhash\":\"0a3f\"}", &attempt));
    assert_false(parse("{\"login\":7,\"pwhash\":\"0a3f\"}", &attempt));
    assert_false(parse("[]", &attempt));
    assert_false(parse("", &attempt));
    assert_false(parse("{\"login\":\"anna", &attempt));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_first_refusal),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
