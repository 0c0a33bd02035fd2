// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/mail_message.h"
#include "notifier/outbox/outbox_retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mail_message plain = {.sender = "alerts@emailgency.example",
                                    .recipient = "ops@example.org",
                                    .subject = "example.com: mail waits",
                                    .body = "One line.\n",
                                    .id = "alert-7",
                                    .host = "mx1.emailgency.example",
                                    .date = 1795944614};

static char out[MAIL_MESSAGE_MAX];

static const char *write_message(const struct mail_message *message)
{
    const size_t size = mail_message_write(message, out);
    out[size] = '\0';
    return size ? out : NULL;
}

static void test_a_plain_message(void **state)
{
    (void)state;
    assert_string_equal(write_message(&plain), "From: Emailgency <alerts@emailgency.example>\n"
                                               "To: <ops@example.org>\n"
                                               "Message-ID: <alert-7@mx1.emailgency.example>\n"
                                               "Date: Sun, 29 Nov 2026 09:30:14 +0000\n"
                                               "Subject: example.com: mail waits\n"
                                               "Auto-Submitted: auto-generated\n"
                                               "MIME-Version: 1.0\n"
                                               "Content-Type: text/plain; charset=utf-8\n"
                                               "Content-Transfer-Encoding: 8bit\n"
                                               "\n"
                                               "One line.\n");
}

static void test_a_head(void **state)
{
    struct mail_message message = plain;
    char head[MAIL_MESSAGE_HEAD_MAX];
    (void)state;
    message.subject = message.body = NULL;
    const size_t size = mail_message_head(&message, head);
    static const char expected[] = "From: Emailgency <alerts@emailgency.example>\n"
                                   "To: <ops@example.org>\n"
                                   "Message-ID: <alert-7@mx1.emailgency.example>\n";
    assert_int_equal(size, sizeof expected - 1);
    assert_memory_equal(head, expected, size);
    message.recipient = "ops@example.org>\nBcc: <x@example.com";
    assert_int_equal(mail_message_head(&message, head), 0);
}

// Each line is at most 76 characters, and no character is cut in two (RFC 2047 sections 2 and 5).
static void test_a_subject_with_accents(void **state)
{
    struct mail_message message = plain;
    (void)state;
    message.subject = "ééééééééééééééééééééééééééééé";
    assert_non_null(strstr(write_message(&message),
                           "Subject: =?utf-8?B?w6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6k=?=\n"
                           " =?utf-8?B?w6nDqcOpw6nDqcOpw6nDqcOpw6k=?=\n"));
    message.subject = "a\nBcc: everybody@example.com";
    assert_null(strstr(write_message(&message), "\nBcc"));
}

static void test_addresses_that_are_none(void **state)
{
    static const char *const bad[] = {"", "ops", "ops@example.org\nBcc: x@example.com",
                                      "ops@example.org>, <x@example.com", "a b@example.org"};
    struct mail_message message = plain;
    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        message.recipient = bad[i];
        assert_null(write_message(&message));
    }
}

static void test_a_body_that_does_not_fit(void **state)
{
    static char body[MAIL_MESSAGE_MAX];
    struct mail_message message = plain;
    (void)state;
    memset(body, 'x', sizeof body - 1);
    message.body = body;
    assert_null(write_message(&message));
}

static void test_retries(void **state)
{
    unsigned long total = 0;
    unsigned attempts = 1;
    (void)state;
    assert_int_equal(outbox_retry_seconds(1), 10);
    assert_int_equal(outbox_retry_seconds(2), 20);
    assert_int_equal(outbox_retry_seconds(100), 3600);
    for (; !outbox_gives_up(attempts); attempts++)
        total += outbox_retry_seconds(attempts);
    assert_in_range(total, 47 * 3600, 50 * 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plain_message),          cmocka_unit_test(test_a_head),
        cmocka_unit_test(test_a_subject_with_accents),   cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_a_body_that_does_not_fit), cmocka_unit_test(test_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
