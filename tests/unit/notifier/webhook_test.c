// SPDX-License-Identifier: BSD-2-Clause
// Webhooks: where they may go, what they carry, how they are signed (computed with Python's hmac), and what
// answers mean.
#include "case_lines.h"
#include "notifier/webhook/webhook_request.h"
#include "notifier/webhook/webhook_sign.h"
#include "notifier/webhook/webhook_target.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void answer_url(struct slice url, char out[CASE_ANSWER_MAX])
{
    struct webhook_target target;
    char text[300];
    assert_true(slice_copy(url, text, sizeof text));
    if (webhook_target_parse(text, &target))
        snprintf(out, CASE_ANSWER_MAX, "%s %u", target.host, target.port);
    else
        snprintf(out, CASE_ANSWER_MAX, "bad");
}

static void test_urls(void **state)
{
    (void)state;
    case_lines_check("notifier/webhook_url.cases", answer_url);
}

// A record as DNS has it, so that a mapped address stays one of IPv6.
static size_t record_of(struct slice address, char record[16])
{
    char text[CIDR_TEXT_MAX];
    assert_true(slice_copy(address, text, sizeof text));
    const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(family, text, record), 1);
    return family == AF_INET ? 4 : 16;
}

static void answer_address(struct slice address, char out[CASE_ANSWER_MAX])
{
    char record[16];
    struct ip ip;
    const size_t len = record_of(address, record);
    const bool good = webhook_target_address(slice_make(record, len), slice_from(""), &ip);
    snprintf(out, CASE_ANSWER_MAX, "%s", good ? "internet" : "elsewhere");
}

static void test_addresses(void **state)
{
    (void)state;
    case_lines_check("notifier/webhook_address.cases", answer_address);
}

static void test_networks_that_are_let_through(void **state)
{
    char record[16];
    struct ip ip;
    const struct slice allowed = slice_from("192.168.7.0/24 fd00::/8");
    (void)state;
    assert_true(
        webhook_target_address(slice_make(record, record_of(SLICE("192.168.7.9"), record)), allowed, &ip));
    assert_true(
        webhook_target_address(slice_make(record, record_of(SLICE("fd00::9"), record)), allowed, &ip));
    assert_false(
        webhook_target_address(slice_make(record, record_of(SLICE("192.168.8.9"), record)), allowed, &ip));
    assert_false(webhook_target_address(slice_make(record, record_of(SLICE("::ffff:192.168.7.9"), record)),
                                        allowed, &ip));
    assert_false(webhook_target_address(slice_make(record, 5), allowed, &ip));
    assert_false(webhook_target_address(slice_make(record, 0), allowed, &ip));
}

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const char old_secret[] = "fedcba9876543210fedcba9876543210";
static const struct webhook_contact contact = {.domain = "example.com", .url = "https://hooks.example.com/a"};

static void test_the_key_of_a_contact(void **state)
{
    char key[WEBHOOK_KEY_MAX], other[WEBHOOK_KEY_MAX];
    (void)state;
    webhook_key_write(secret, &contact, key);
    assert_string_equal(key, "whsec_AwuSFcN6pxi04l15YyUrMQSkzNnqGtjEEVrGTuds85A=");
    webhook_key_write(secret, &(struct webhook_contact){.domain = "example.org", .url = contact.url}, other);
    assert_string_not_equal(key, other);
    webhook_key_write(
        secret, &(struct webhook_contact){.domain = contact.domain, .url = "https://hooks.example.com/b"},
        other);
    assert_string_not_equal(key, other);
}

static void test_signatures(void **state)
{
    char out[WEBHOOK_SIGNATURES_MAX];
    (void)state;
    webhook_signatures_write(secret, "", &contact, "alert-7", 1764410520, SLICE("{\"a\":1}"), out);
    assert_string_equal(out, "v1,JJTRT1LpXad2ONXL1qYGQ4yu6phoeKXt20hDckrG/yM=");
    webhook_signatures_write(secret, old_secret, &contact, "alert-7", 1764410520, SLICE("{\"a\":1}"), out);
    assert_string_equal(out, "v1,JJTRT1LpXad2ONXL1qYGQ4yu6phoeKXt20hDckrG/yM= "
                             "v1,idKgqaRvEGC78wCIn/xwJymcn/g66djRYGHRpEyUYYs=");
}

static void check_body(const struct webhook_event *event, const char *wanted)
{
    char *body = webhook_body_write(event);
    assert_string_equal(body, wanted);
    free(body);
}

static void test_bodies(void **state)
{
    (void)state;
    check_body(&(struct webhook_event){.transition = "opened",
                                       .created = "2026-11-29T10:00:01Z",
                                       .opened = "2026-11-29T10:00:00Z",
                                       .closed = "",
                                       .domain = "example.com",
                                       .kind = "server",
                                       .subject = "",
                                       .detail = "421 \"no\"\r\n\x01",
                                       .waiting = 3,
                                       .title = "é",
                                       .text = "a\nb"},
               "{\"type\":\"incident.opened\",\"timestamp\":\"2026-11-29T10:00:01Z\",\"data\":{\"domain\":"
               "\"example.com\","
               "\"title\":\"é\",\"text\":\"a\\nb\",\"kind\":\"server\",\"subject\":null,"
               "\"detail\":\"421 "
               "\\\"no\\\"\\r\\n\\u0001\",\"opened_at\":\"2026-11-29T10:00:00Z\",\"closed_at\":null,"
               "\"waiting\":3}}");
    check_body(&(struct webhook_event){.transition = "test",
                                       .created = "2026-11-29T10:00:01Z",
                                       .opened = "",
                                       .closed = "",
                                       .domain = "example.com",
                                       .kind = "",
                                       .subject = "",
                                       .detail = "",
                                       .title = "t",
                                       .text = "\xff"},
               "{\"type\":\"test\",\"timestamp\":\"2026-11-29T10:00:01Z\",\"data\":{\"domain\":\"example."
               "com\",\"title\":\"t\"}}");
}

static void test_outcomes(void **state)
{
    static const struct {
        unsigned status;
        enum send_outcome outcome;
    } answers[] = {{200, SEND_SENT},  {204, SEND_SENT},  {301, SEND_DEAD},  {307, SEND_DEAD},
                   {400, SEND_DEAD},  {404, SEND_DEAD},  {410, SEND_DEAD},  {408, SEND_RETRY},
                   {429, SEND_RETRY}, {500, SEND_RETRY}, {503, SEND_RETRY}, {999, SEND_RETRY}};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_int_equal(webhook_outcome(answers[i].status), answers[i].outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),       cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_outcomes),   cmocka_unit_test(test_networks_that_are_let_through),
        cmocka_unit_test(test_signatures), cmocka_unit_test(test_the_key_of_a_contact),
        cmocka_unit_test(test_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
