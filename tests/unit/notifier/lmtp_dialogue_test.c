// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/lmtp/lmtp_dialogue.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct lmtp_dialogue dialogue;

static bool takes(struct slice local, struct slice domain, void *arg)
{
    (void)arg;
    return slice_equal(domain, SLICE("p.example")) && slice_has_prefix(local, SLICE("rt"));
}

static void append(char out[CASE_ANSWER_MAX], const char *text)
{
    const size_t used = strlen(out);
    snprintf(out + used, CASE_ANSWER_MAX - used, "%s%s", used ? " " : "", text);
}

// The codes of a reply's last lines.
static void append_reply(char out[CASE_ANSWER_MAX])
{
    struct slice rest = slice_make(dialogue.reply, dialogue.reply_len), line;
    while (rest.len > 0) {
        assert_true(slice_split(rest, '\n', &line, &rest));
        assert_true(line.len >= 4 && line.ptr[line.len - 1] == '\r');
        if (line.ptr[3] == ' ') {
            const char code[4] = {line.ptr[0], line.ptr[1], line.ptr[2], '\0'};
            append(out, code);
        }
    }
}

static void append_message(char out[CASE_ANSWER_MAX])
{
    const struct lmtp_message *message = &dialogue.message;
    char text[700];
    snprintf(text, sizeof text, "[from=%.60s to=%u last=%.60s received=%u id=%.60s probe=%.60s]",
             dialogue.sender, dialogue.recipients, dialogue.recipient[dialogue.recipients - 1].local,
             message->received, message->message_id, message->probe_field);
    append(out, text);
}

// Returns false at the end of the session.
static bool take_step(enum lmtp_dialogue_step step, char out[CASE_ANSWER_MAX])
{
    switch (step) {
    case LMTP_DIALOGUE_MORE:
        break;
    case LMTP_DIALOGUE_REPLY:
        append_reply(out);
        break;
    case LMTP_DIALOGUE_MESSAGE:
        append_message(out);
        lmtp_dialogue_answer(&dialogue, true);
        append_reply(out);
        break;
    case LMTP_DIALOGUE_CLOSE:
        append_reply(out);
        append(out, "CLOSE");
        return false;
    }
    return true;
}

// Gives bytes in growing pieces of their own memory: what is not taken is given again.
static bool give(const char *bytes, size_t len, char out[CASE_ANSWER_MAX])
{
    size_t from = 0, taken;
    for (size_t end = 1; end <= len; end++)
        for (size_t given = end - from; given > 0;) {
            char *exact = malloc(given);
            assert_non_null(exact);
            memcpy(exact, bytes + from, given);
            const enum lmtp_dialogue_step step =
                lmtp_dialogue_read(&dialogue, slice_make(exact, given), &taken);
            free(exact);
            assert_true(taken <= given);
            if (!take_step(step, out))
                return false;
            from += taken;
            given -= taken;
            if (taken == 0)
                break;
        }
    return true;
}

// Lines, separated by " / "; "~" is an empty one.
static void run_line(struct slice input, char out[CASE_ANSWER_MAX])
{
    char wire[CASE_ANSWER_MAX * 2];
    size_t len = 0;
    lmtp_dialogue_init(&dialogue, "mx.example", takes, NULL);
    while (input.len > 0) {
        const char *cut = memmem(input.ptr, input.len, " / ", 3);
        struct slice line = slice_make(input.ptr, cut ? (size_t)(cut - input.ptr) : input.len);
        input = cut ? slice_skip(input, line.len + 3) : SLICE("");
        line = slice_equal(line, SLICE("~")) ? SLICE("") : line;
        assert_true(len + line.len + 2 <= sizeof wire);
        memcpy(wire + len, line.ptr, line.len);
        memcpy(wire + len + line.len, "\r\n", 2);
        len += line.len + 2;
    }
    (void)give(wire, len, out);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("notifier/lmtp.cases", run_line);
}

static void begin(void)
{
    static const char lines[] = "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<rt@p.example>\r\nDATA\r\n";
    char out[CASE_ANSWER_MAX] = "";
    lmtp_dialogue_init(&dialogue, "mx.example", takes, NULL);
    assert_true(give(lines, sizeof lines - 1, out));
    assert_string_equal(out, "250 250 250 354");
}

static void give_text(const char *text, size_t times)
{
    char out[CASE_ANSWER_MAX] = "";
    for (size_t i = 0; i < times; i++)
        assert_true(give(text, strlen(text), out));
}

static void test_a_message_of_any_size_takes_no_more_memory(void **state)
{
    char out[CASE_ANSWER_MAX] = "";
    (void)state;
    begin();
    give_text("Received: x\r\n", 5);
    give_text("Message-ID: <", 1);
    give_text("0123456789", 300); // beyond what is kept, and beyond a piece
    give_text(">\r\n", 1);
    give_text(LMTP_MESSAGE_PROBE_FIELD ": abc\r\n\tdef\r\n\r\n", 1);
    give_text("Received: in the body\r\n.\r.\n..\r\n", 1000);
    give_text("no end of this line ", 1000);
    assert_true(give("\r\n.\r\n", 5, out));
    assert_non_null(strstr(out, "to=1"));
    assert_non_null(strstr(out, "received=5"));
    assert_non_null(strstr(out, "probe= abc\tdef]"));
    assert_non_null(strstr(out, "] 250"));
}

static void test_an_endless_command_ends_the_session(void **state)
{
    char line[LMTP_DIALOGUE_LINE_MAX + 1], out[CASE_ANSWER_MAX] = "";
    (void)state;
    memset(line, 'a', sizeof line);
    lmtp_dialogue_init(&dialogue, "mx.example", takes, NULL);
    assert_false(give(line, sizeof line, out));
    assert_string_equal(out, "500 CLOSE");
}

static void test_endless_commands_end_the_session(void **state)
{
    char out[CASE_ANSWER_MAX] = "";
    int left = LMTP_DIALOGUE_COMMANDS_MAX;
    (void)state;
    lmtp_dialogue_init(&dialogue, "mx.example", takes, NULL);
    for (; left > 0; left--, out[0] = '\0')
        assert_true(give("NOOP\r\n", 6, out));
    assert_false(give("NOOP\r\n", 6, out));
    assert_string_equal(out, "421 CLOSE");
}

static void test_so_many_recipients(void **state)
{
    static const char rcpt[] = "RCPT TO:<rt@p.example>\r\n";
    char out[CASE_ANSWER_MAX] = "";
    (void)state;
    lmtp_dialogue_init(&dialogue, "mx.example", takes, NULL);
    assert_true(give("LHLO x\r\nMAIL FROM:<>\r\n", 22, out));
    for (int i = 0; i < LMTP_DIALOGUE_RECIPIENTS_MAX; i++, out[0] = '\0')
        assert_true(give(rcpt, sizeof rcpt - 1, out));
    assert_true(give(rcpt, sizeof rcpt - 1, out));
    assert_string_equal(out, "452");
    dialogue.in_data = false;
    lmtp_dialogue_answer(&dialogue, false);
    out[0] = '\0';
    append_reply(out);
    assert_int_equal(strlen(out), 4 * LMTP_DIALOGUE_RECIPIENTS_MAX - 1);
    assert_memory_equal(out, "451 451", 7);
    assert_int_equal(dialogue.recipients, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_a_message_of_any_size_takes_no_more_memory),
        cmocka_unit_test(test_an_endless_command_ends_the_session),
        cmocka_unit_test(test_endless_commands_end_the_session),
        cmocka_unit_test(test_so_many_recipients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
