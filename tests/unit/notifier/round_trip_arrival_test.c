// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/roundtrip/round_trip_arrival.h"
#include "notifier/roundtrip/round_trip_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1795944614

static const struct probe_token_keys keys = {.current = "0123456789abcdef0123456789abcdef", .previous = ""};
static const struct probe_token_keys others = {.current = "fedcba9876543210fedcba9876543210", .previous = ""};
static const struct probe_token probe = {.domain = 7, .sequence = 3, .sent = NOW};
static struct round_trip_mail mail;
static struct lmtp_dialogue dialogue;
static struct probe_token found;

static void write_mail(const char *target)
{
    assert_true(round_trip_mail_write(&keys, SLICE("rt@probe.example"), slice_from(target), &probe, &mail));
    mail.message[mail.len] = '\0';
}

// A message with nothing of the probe.
static void start(void)
{
    dialogue = (struct lmtp_dialogue){.recipients = 1, .recipient = {{.local = "rt"}}};
    (void)snprintf(dialogue.sender, sizeof dialogue.sender, "forwarder@customer.example");
}

static enum round_trip_arrival judge_with(const struct probe_token_keys *with, int64_t now)
{
    found = (struct probe_token){.domain = 99};
    return round_trip_arrival_judge(&dialogue, with, now, &found);
}

static enum round_trip_arrival judge(void)
{
    return judge_with(&keys, NOW + 10);
}

// The body of a field of the mail.
static void copy_field(const char *name, char out[LMTP_MESSAGE_FIELD_MAX])
{
    const char *at = strstr(mail.message, name);
    assert_non_null(at);
    at += strlen(name);
    (void)snprintf(out, LMTP_MESSAGE_FIELD_MAX, "%.*s", (int)strcspn(at, "\n"), at);
}

static void put_recipient(const char *address)
{
    (void)snprintf(dialogue.recipient[0].local, sizeof dialogue.recipient[0].local, "%.*s",
                   (int)strcspn(address, "@"), address);
}

static void test_the_mail(void **state)
{
    (void)state;
    write_mail("probe@customer.example");
    assert_string_equal(mail.recipient, "probe@customer.example.probe.invalid");
    assert_int_equal(strlen(mail.sender), strlen("rt+@probe.example") + PROBE_TOKEN_LEN);
    assert_non_null(
        strstr(mail.message, "From: Emailgency <rt@probe.example>\nTo: <probe@customer.example>\n"));
    assert_non_null(strstr(mail.message, "@probe.example>\nDate: "));
    assert_non_null(strstr(mail.message, "\nX-Emailgency-Round-Trip: "));
    assert_non_null(strstr(mail.message, "\nAuto-Submitted: auto-generated\n"));
    write_mail("p+{token}@customer.example");
    assert_int_equal(strlen(mail.recipient), strlen("p+@customer.example.probe.invalid") + PROBE_TOKEN_LEN);
    assert_false(round_trip_mail_write(&keys, SLICE("rt"), SLICE("p@c.example"), &probe, &mail));
    assert_false(
        round_trip_mail_write(&keys, SLICE("rt@p.example"), SLICE("\"p p\"@c.example"), &probe, &mail));
    assert_int_equal(mail.len, 0);
}

static void test_each_part_is_enough(void **state)
{
    (void)state;
    write_mail("p+{token}@customer.example");
    start();
    assert_int_equal(judge(), ROUND_TRIP_OTHER);
    copy_field("\nMessage-ID:", dialogue.message.message_id);
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
    assert_int_equal(found.domain, 7);
    assert_int_equal(found.sequence, 3);
    start();
    copy_field("\nX-Emailgency-Round-Trip:", dialogue.message.probe_field);
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
    start();
    memcpy(dialogue.sender, mail.sender, sizeof dialogue.sender);
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
    (void)snprintf(dialogue.sender, sizeof dialogue.sender, "SRS0=H=T=probe.example=%.60s@c.example",
                   mail.sender);
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
    start();
    put_recipient(mail.recipient);
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
}

// A bounce or an automatic reply goes to the envelope sender.
static void test_an_answer_is_no_arrival(void **state)
{
    (void)state;
    write_mail("p@customer.example");
    start();
    put_recipient(mail.sender);
    assert_int_equal(judge(), ROUND_TRIP_RETURNED);
    assert_int_equal(found.sequence, 3);
    dialogue.sender[0] = '\0';
    assert_int_equal(judge(), ROUND_TRIP_RETURNED);
    copy_field("\nMessage-ID:", dialogue.message.message_id); // forwarded with the null sender
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
    start();
    memcpy(dialogue.message.message_id, mail.sender, 200); // a reply that made its own Message-ID of it
    assert_int_equal(judge(), ROUND_TRIP_RETURNED);
}

static void test_what_has_no_effect(void **state)
{
    (void)state;
    write_mail("p@customer.example");
    start();
    copy_field("\nMessage-ID:", dialogue.message.message_id);
    assert_int_equal(judge_with(&others, NOW), ROUND_TRIP_FORGED);
    assert_int_equal(judge_with(&keys, NOW + PROBE_TOKEN_AGE_MAX + 1), ROUND_TRIP_OLD);
    dialogue.message.received = ROUND_TRIP_HOPS_MAX;
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
    dialogue.message.received++;
    assert_int_equal(judge(), ROUND_TRIP_LOOPED);
    start();
    copy_field("\nMessage-ID:", dialogue.message.message_id);
    dialogue.message.message_id[20] ^= 1; // one part is forged, another is not
    assert_int_not_equal(judge(), ROUND_TRIP_ARRIVED);
    copy_field("\nX-Emailgency-Round-Trip:", dialogue.message.probe_field);
    assert_int_equal(judge(), ROUND_TRIP_ARRIVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mail),
        cmocka_unit_test(test_each_part_is_enough),
        cmocka_unit_test(test_an_answer_is_no_arrival),
        cmocka_unit_test(test_what_has_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
