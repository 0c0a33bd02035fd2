// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/dialogue/dialogue.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct dialogue_spec spec = {.helo = "mx1.emailgency.example", .recipient = "user@example.com"};

struct session {
    struct dialogue dialogue;
    char sent[100]; // the verbs
};

static void note_command(struct session *session)
{
    const size_t used = strlen(session->sent);
    const size_t verb = strcspn(session->dialogue.command, " \r");
    assert_true(strstr(session->dialogue.command, "\r\n") != NULL);
    snprintf(session->sent + used, sizeof session->sent - used, "%.*s ", (int)verb,
             session->dialogue.command);
}

static void take_step(struct session *session, enum dialogue_step step)
{
    if (step == DIALOGUE_SEND)
        note_command(session);
}

// A reply, its lines joined by " / ", in pieces of a byte: what is not taken is given again.
static void give_reply(struct session *session, struct slice text)
{
    char wire[CASE_ANSWER_MAX];
    size_t size = 0;
    struct slice rest = text;
    while (rest.len) {
        const char *cut = memmem(rest.ptr, rest.len, " / ", 3);
        const struct slice line = slice_make(rest.ptr, cut ? (size_t)(cut - rest.ptr) : rest.len);
        rest = cut ? slice_skip(rest, line.len + 3) : (struct slice){NULL, 0};
        assert_true(size + line.len + 2 < sizeof wire);
        memcpy(wire + size, line.ptr, line.len);
        memcpy(wire + size + line.len, "\r\n", 2);
        size += line.len + 2;
    }
    enum dialogue_step step = DIALOGUE_READ;
    size_t from = 0, taken;
    for (size_t given = 1; given <= size && step == DIALOGUE_READ; given++) {
        step = dialogue_read(&session->dialogue, slice_make(wire + from, given - from), &taken);
        from += taken;
    }
    take_step(session, step);
}

static void give_event(struct session *session, struct slice event)
{
    struct dialogue *dialogue = &session->dialogue;
    if (slice_equal(event, SLICE("REFUSED")))
        take_step(session, dialogue_fail(dialogue, DIALOGUE_UNREACHABLE, "REFUSED"));
    else if (slice_equal(event, SLICE("SILENCE")))
        take_step(session, dialogue_fail(dialogue, DIALOGUE_SILENT, "SILENCE"));
    else if (slice_equal(event, SLICE("CLOSE")))
        take_step(session, dialogue_fail(dialogue, DIALOGUE_CLOSED, "CLOSE"));
    else if (slice_equal(event, SLICE("TLS")))
        take_step(session, dialogue_handshake(dialogue, true));
    else if (slice_equal(event, SLICE("NOTLS"))) {
        take_step(session, dialogue_handshake(dialogue, false));
        dialogue_init(dialogue, &spec);
        dialogue->tls_failed = true;
        take_step(session, dialogue_connected(dialogue));
    } else {
        give_reply(session, event);
    }
}

static void run_line(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct session session = {.sent = ""};
    struct dialogue *dialogue = &session.dialogue;
    dialogue_init(dialogue, &spec);
    if (!slice_equal(input, SLICE("REFUSED")))
        take_step(&session, dialogue_connected(dialogue));
    while (input.len) {
        const char *cut = memmem(input.ptr, input.len, " ; ", 3);
        const struct slice event = slice_make(input.ptr, cut ? (size_t)(cut - input.ptr) : input.len);
        input = cut ? slice_skip(input, event.len + 3) : (struct slice){NULL, 0};
        give_event(&session, event);
    }
    snprintf(out, CASE_ANSWER_MAX, "%s; %s at %s: %s%s%s", session.sent,
             dialogue_outcome_name(dialogue->outcome), dialogue_stage_name(dialogue->decided_at),
             dialogue->reply, dialogue->uses_tls ? " tls" : "", dialogue->tls_failed ? " tls-failed" : "");
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("notifier/dialogue.cases", run_line);
}

static enum dialogue_step flood(struct dialogue *dialogue, const char *line, size_t *bytes)
{
    enum dialogue_step step = DIALOGUE_READ;
    size_t taken;
    *bytes = 0;
    dialogue_init(dialogue, &spec);
    assert_int_equal(dialogue_connected(dialogue), DIALOGUE_READ);
    while (step == DIALOGUE_READ && *bytes < 1000000) {
        step = dialogue_read(dialogue, slice_from(line), &taken);
        *bytes += strlen(line);
    }
    return step;
}

static void test_endless_replies_end(void **state)
{
    struct dialogue dialogue;
    size_t bytes;
    char line[DIALOGUE_LINE_MAX + 1];
    (void)state;
    assert_int_equal(flood(&dialogue, "220-more\r\n", &bytes), DIALOGUE_CLOSE);
    assert_int_equal(dialogue.outcome, DIALOGUE_GARBLED);
    assert_in_range(bytes, DIALOGUE_REPLY_MAX, DIALOGUE_REPLY_MAX + 100);
    memset(line, '2', DIALOGUE_LINE_MAX);
    line[DIALOGUE_LINE_MAX] = '\0';
    assert_int_equal(flood(&dialogue, line, &bytes), DIALOGUE_CLOSE);
    assert_int_equal(dialogue.outcome, DIALOGUE_GARBLED);
}

// The commands name the server that asks and the recipient, and never DATA.
static void test_commands(void **state)
{
    static const char replies[] = "220 mx\r\n", ok[] = "250 ok\r\n";
    struct dialogue dialogue;
    size_t taken;
    (void)state;
    dialogue_init(&dialogue, &spec);
    assert_int_equal(dialogue_connected(&dialogue), DIALOGUE_READ);
    assert_in_range(dialogue_seconds(&dialogue), 30, 60);
    assert_int_equal(dialogue_read(&dialogue, slice_from(replies), &taken), DIALOGUE_SEND);
    assert_string_equal(dialogue.command, "EHLO mx1.emailgency.example\r\n");
    assert_int_equal(dialogue_read(&dialogue, slice_from(ok), &taken), DIALOGUE_SEND);
    assert_string_equal(dialogue.command, "MAIL FROM:<>\r\n");
    assert_int_equal(dialogue_read(&dialogue, slice_from(ok), &taken), DIALOGUE_SEND);
    assert_string_equal(dialogue.command, "RCPT TO:<user@example.com>\r\n");
    assert_int_equal(dialogue_read(&dialogue, slice_from(ok), &taken), DIALOGUE_SEND);
    assert_string_equal(dialogue.command, "QUIT\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_endless_replies_end),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
