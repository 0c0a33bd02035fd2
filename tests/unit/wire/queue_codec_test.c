// SPDX-License-Identifier: BSD-2-Clause
#include "wire/queue_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void requests_come_back_as_they_were(void **state)
{
    struct queue_request request = {.kind = QUEUE_REQUEST_MESSAGES,
                                    .domain = SLICE("d1.example"),
                                    .count = 20},
                         back;
    char text[QUEUE_REQUEST_MAX];
    (void)state;
    size_t len = queue_request_format(&request, text);
    assert_true(slice_equal(slice_make(text, len), SLICE("messages d1.example 20")));
    assert_true(queue_request_parse(slice_make(text, len), &back));
    assert_true(back.kind == QUEUE_REQUEST_MESSAGES && slice_equal(back.domain, request.domain));
    assert_int_equal(back.count, 20);
    request.kind = QUEUE_REQUEST_SAMPLE;
    len = queue_request_format(&request, text);
    assert_true(queue_request_parse(slice_make(text, len), &back) && back.kind == QUEUE_REQUEST_SAMPLE);
}

static void what_is_no_request_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "Sample",
                                        "sample x",
                                        "messages",
                                        "messages d1.example",
                                        "messages d1.example 0",
                                        "messages d1.example 1001",
                                        "messages d1.example -1",
                                        "messages  1",
                                        "messages d1.example 1 2"};
    struct queue_request request = {.kind = QUEUE_REQUEST_MESSAGES, .domain = SLICE("a b"), .count = 1};
    char text[QUEUE_REQUEST_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (queue_request_parse(slice_from(texts[i]), &request))
            fail_msg("\"%s\" is taken", texts[i]);
    request = (struct queue_request){.kind = QUEUE_REQUEST_MESSAGES, .domain = SLICE("a b"), .count = 1};
    assert_int_equal(queue_request_format(&request, text), 0);
    request = (struct queue_request){.kind = QUEUE_REQUEST_MESSAGES, .domain = SLICE("a"), .count = 1001};
    assert_int_equal(queue_request_format(&request, text), 0);
}

static void lines_come_back_as_they_were(void **state)
{
    const struct queue_line lines[] = {
        {.kind = QUEUE_LINE_CYCLE, .cycle = {.at = 1795944265, .complete = true, .unknown = 3}},
        {.kind = QUEUE_LINE_QUEUE, .queue = {.name = QUEUE_HOLD, .messages = 7, .oldest = 1795940000}},
        {.kind = QUEUE_LINE_DOMAIN,
         .domain = {.name = SLICE("d1.example"), .messages = 5, .late = 4, .oldest = 1795940000}},
        {.kind = QUEUE_LINE_MESSAGE,
         .message = {.id = SLICE("4jchYj6hKrz1fSHK"), .arrival = 1795944265, .queue = QUEUE_DEFERRED}},
        {.kind = QUEUE_LINE_ERROR, .error = SLICE("the daemon starts")},
    };
    static const char *const texts[] = {
        "cycle 1795944265 complete 3\n", "queue hold 7 1795940000\n", "domain d1.example 5 4 1795940000\n",
        "message 4jchYj6hKrz1fSHK 1795944265 deferred\n", "error the daemon starts\n"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        char text[QUEUE_LINE_MAX], again[QUEUE_LINE_MAX];
        struct queue_line back;
        const size_t len = queue_line_format(&lines[i], text);
        struct slice rest = slice_make(text, len);
        assert_true(slice_equal(rest, slice_from(texts[i])));
        assert_int_equal(queue_line_next(&rest, &back), QUEUE_LINE_OK);
        assert_int_equal(back.kind, lines[i].kind);
        assert_int_equal(queue_line_format(&back, again), len);
        assert_memory_equal(text, again, len);
        assert_int_equal(queue_line_next(&rest, &back), QUEUE_LINE_END);
    }
}

static void lines_of_a_later_release_are_passed_over(void **state)
{
    struct slice rest = SLICE("weather sunny\ndomain d1.example 5 4 0 more words\nnext\n");
    struct queue_line line;
    (void)state;
    assert_int_equal(queue_line_next(&rest, &line), QUEUE_LINE_OK);
    assert_true(line.kind == QUEUE_LINE_DOMAIN && line.domain.late == 4);
    assert_int_equal(queue_line_next(&rest, &line), QUEUE_LINE_END);
}

static void broken_lines_are_refused(void **state)
{
    static const char *const texts[] = {"domain d1.example 5 4\n", "domain d1.example 5 4 -1\n",
                                        "domain d1.example 5 4 0", "queue maildrop 1 0\n",
                                        "cycle 1 whole 0\n",       "message x y hold\n"};
    struct queue_line line;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct slice rest = slice_from(texts[i]);
        assert_int_equal(queue_line_next(&rest, &line), QUEUE_LINE_BAD);
    }
}

static void what_cannot_be_a_line_is_not_written(void **state)
{
    const struct queue_line lines[] = {
        {.kind = QUEUE_LINE_DOMAIN, .domain = {.name = SLICE("")}},
        {.kind = QUEUE_LINE_DOMAIN, .domain = {.name = SLICE("a\nb")}},
        {.kind = QUEUE_LINE_MESSAGE, .message = {.id = SLICE("a b")}},
        {.kind = QUEUE_LINE_ERROR, .error = SLICE("a\nb")},
    };
    char text[QUEUE_LINE_MAX];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(queue_line_format(&lines[i], text), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_back_as_they_were),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(lines_come_back_as_they_were),
        cmocka_unit_test(lines_of_a_later_release_are_passed_over),
        cmocka_unit_test(broken_lines_are_refused),
        cmocka_unit_test(what_cannot_be_a_line_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
