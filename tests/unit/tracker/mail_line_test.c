// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/parse/mail_line.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW 1796000000 // 2026-11-30

static void put(char *out, const char *key, struct slice value)
{
    const size_t used = strlen(out);
    if (value.len > 0)
        snprintf(out + used, CASE_ANSWER_MAX - used, " %s=%.*s", key, (int)value.len, value.ptr);
}

static void put_number(char *out, const char *key, int64_t value)
{
    const size_t used = strlen(out);
    if (value >= 0)
        snprintf(out + used, CASE_ANSWER_MAX - used, " %s=%lld", key, (long long)value);
}

static void put_words(const struct mail_line *line, char *out)
{
    static const char *const actions[] = {"", "accept", "defer", "reject"};
    static const char *const statuses[] = {"sent", "deferred", "bounced", "probed"};
    put(out, "action", slice_from(actions[line->action]));
    if (line->kind == MAIL_LINE_STATUS)
        put(out, "status", slice_from(statuses[line->status]));
    if (line->kind == MAIL_LINE_STATUS && line->is_stored)
        put(out, "stored", SLICE("yes"));
}

static void put_texts(const struct mail_line *line, char *out)
{
    put(out, "id", line->queue_id);
    put(out, "name", line->client_name);
    put(out, "client", line->client);
    put(out, "helo", line->helo);
    put(out, "tls", line->tls);
    put(out, "login", line->login);
    if (line->has_sender)
        put(out, "from", line->sender.len ? line->sender : SLICE("<>"));
    put(out, "to", line->recipient);
    put(out, "orig", line->original);
    put(out, "message-id", line->message_id);
    put(out, "child", line->child);
    put(out, "host", line->host);
    put(out, "reason", line->reason);
    put(out, "rule", line->rule);
    put(out, "domain", line->domain);
    put(out, "instance", line->instance);
}

// The kind, then what is known.
static void describe(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const kinds[] = {
        "unknown", "other",   "connect", "tls",  "disconnect", "client", "reject",   "message-id", "queued",
        "status",  "expired", "removed", "held", "released",   "notice", "decision", "filtered",   "ended"};
    struct log_clock clock = {.now = NOW};
    struct mail_line line;
    mail_line_parse(&clock, input, &line);
    snprintf(out, CASE_ANSWER_MAX, "%s", kinds[line.kind]);
    if (line.kind <= MAIL_LINE_OTHER)
        return;
    put_words(&line, out);
    put_number(out, "pid", line.pid ? (int64_t)line.pid : -1);
    put_texts(&line, out);
    put_number(out, "size", line.size);
    put_number(out, "recipients", line.recipients);
    put_number(out, "delay_ms", line.delay < 0 ? -1 : (int64_t)(line.delay * 1000 + 0.5));
    put(out, "reply", line.reply);
}

static void lines_are_read(void **state)
{
    (void)state;
    case_lines_check("tracker/mail_line.cases", describe);
}

// Any beginning of a line is read, and nothing after its end: the buffer has its exact size.
static void cut_lines_are_read(void **state)
{
    static const char *const samples[] = {
        "Nov 29 14:00:02 mx postfix/smtpd[105]: NOQUEUE: reject: RCPT from c[192.0.2.1]: 450 4.2.0 <a@b>: "
        "no; from=<x@y> to=<a@b> proto=ESMTP helo=<h>",
        "2026-11-29T14:00:02.123456+01:00 mx postfix/smtp[1]: 4jXQd60Mx3z1dLst: to=<\"a>b\"@c>, orig_to=<d>, "
        "relay=h[192.0.2.1]:25, delay=0.5, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)",
        "<22>1 2026-11-29T14:00:02Z mx postfix/qmgr 20 - [x y=\"z\"] ABCDEF1: from=<a>, size=1, nrcpt=1 "
        "(queue active)",
        "2026-11-29T14:00:02Z emailgency-policyd[5]: info: action=defer reason=x recipient=\"a \\\" b\" "
        "instance=69.1.2.0"};
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        for (size_t len = 0; len <= strlen(samples[i]); len++) {
            struct log_clock clock = {.now = NOW};
            struct mail_line line;
            char *exact = malloc(len ? len : 1);
            assert_non_null(exact);
            memcpy(exact, samples[i], len);
            mail_line_parse(&clock, slice_make(exact, len), &line);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_read),
                                       cmocka_unit_test(cut_lines_are_read)};
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
