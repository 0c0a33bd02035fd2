// SPDX-License-Identifier: BSD-2-Clause
#include "policy_cases.h"
#include "wire/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTE_BY_BYTE_MAX                                                                                     \
    10000 // of a longer case the pieces are bigger, since each piece is parsed from the start

// Reading a connection's bytes as a server does, without the server.
struct reader {
    char *held; // of its own size, so that the sanitizer sees a read past its end
    size_t len;
    bool skipping;
    FILE *results;
};

// Takes one request or a part of a skipped one off the front; false where more bytes are needed.
static bool reader_step(struct reader *reader)
{
    struct policy_request request;
    struct slice in = slice_make(reader->held, reader->len);
    size_t used = 0;
    bool done = true;
    if (reader->skipping) {
        used = policy_skip(in, &done);
        reader->skipping = !done;
    } else {
        switch (policy_parse(in, &request, &used)) {
        case POLICY_OK:
            policy_case_render(reader->results, &request);
            break;
        case POLICY_BAD:
            fputs("bad\n", reader->results);
            break;
        case POLICY_TOO_BIG:
            fputs("too big\n", reader->results);
            reader->skipping = true;
            assert_int_equal(used, 0);
            break;
        case POLICY_MORE:
            assert_int_equal(used, 0);
            return false;
        }
    }
    assert_true(used <= reader->len);
    struct slice rest = slice_skip(in, used);
    char *held = malloc(rest.len + 1);
    assert_non_null(held);
    memcpy(held, rest.ptr, rest.len);
    free(reader->held);
    reader->held = realloc(held, rest.len + (rest.len == 0));
    reader->len = rest.len;
    return done;
}

static void reader_feed(struct reader *reader, const char *bytes, size_t len)
{
    reader->held = realloc(reader->held, reader->len + len + 1);
    assert_non_null(reader->held);
    memcpy(reader->held + reader->len, bytes, len);
    reader->len += len;
    reader->held = realloc(reader->held, reader->len);
    while (reader->len && reader_step(reader))
        ;
}

static size_t whole(size_t left)
{
    return left;
}

static size_t one_byte(size_t left)
{
    return left < BYTE_BY_BYTE_MAX ? 1 : BYTE_BY_BYTE_MAX;
}

static size_t random_piece(size_t left)
{
    size_t bound = random() % 3 ? 30 + left / 4 : 3;
    size_t piece = 1 + (size_t)random() % bound;
    return piece < left ? piece : left;
}

static void run(const struct policy_case *it, size_t (*piece)(size_t left), const char *manner)
{
    char *results = NULL;
    size_t results_len;
    struct reader reader = {.results = open_memstream(&results, &results_len)};
    for (size_t at = 0, len; at < it->input_len; at += len) {
        len = piece(it->input_len - at);
        reader_feed(&reader, it->input + at, len);
    }
    if (reader.len)
        fputs("more\n", reader.results);
    fclose(reader.results);
    if (!slice_equal(slice_make(results, results_len), slice_make(it->expected, it->expected_len)))
        fail_msg("%s (%s)\n--- got\n%s--- expected\n%s", it->title, manner, results, it->expected);
    free(reader.held);
    free(results);
}

static void test_cases(void **state)
{
    (void)state;
    struct policy_case it;
    int cases = 0;
    srandom(1);
    FILE *file = fopen(EMG_CASES "/wire/policy.cases", "r");
    assert_non_null(file);
    for (; policy_case_read(file, &it); cases++) {
        run(&it, whole, "whole");
        run(&it, one_byte, "byte by byte");
        for (int round = 0; round < 10; round++)
            run(&it, random_piece, "random pieces");
        policy_case_finish(&it);
    }
    fclose(file);
    assert_true(cases > 30);
}

static void test_slices_borrow(void **state)
{
    (void)state;
    struct slice in = SLICE("request=smtpd_access_policy\nsender=a@b\n\nrest");
    struct policy_request request;
    size_t used;
    assert_int_equal(policy_parse(in, &request, &used), POLICY_OK);
    assert_int_equal(used, in.len - strlen("rest"));
    assert_ptr_equal(request.sender.ptr, strstr(in.ptr, "a@b"));
    assert_int_equal(policy_parse(slice_make(NULL, 0), &request, &used), POLICY_MORE);
    assert_int_equal(used, 0);
    assert_int_equal(policy_parse(SLICE("\n\n"), &request, &used), POLICY_BAD);
    assert_int_equal(used, 1);
}

// The request is given up with the byte that fills the buffer, not with the next.
static void test_limit(void **state)
{
    (void)state;
    static char bytes[POLICY_REQUEST_MAX + 1];
    struct policy_request request;
    size_t used;
    memset(bytes, 'a', sizeof bytes);
    assert_int_equal(policy_parse(slice_make(bytes, POLICY_REQUEST_MAX - 1), &request, &used), POLICY_MORE);
    assert_int_equal(policy_parse(slice_make(bytes, POLICY_REQUEST_MAX), &request, &used), POLICY_TOO_BIG);
    assert_int_equal(used, 0);
    memset(bytes + POLICY_REQUEST_MAX - 1, '\n', 2); // an end that comes too late is not looked at
    assert_int_equal(policy_parse(slice_make(bytes, sizeof bytes), &request, &used), POLICY_TOO_BIG);
}

static void test_skip(void **state)
{
    (void)state;
    bool done;
    assert_int_equal(policy_skip(SLICE("a=b\n\nrest"), &done), 5);
    assert_true(done);
    assert_int_equal(policy_skip(SLICE("a=b\n"), &done), 3);
    assert_false(done);
    assert_int_equal(policy_skip(SLICE("\n\n"), &done), 2);
    assert_true(done);
    assert_int_equal(policy_skip(SLICE("\n"), &done), 0);
    assert_false(done);
    assert_int_equal(policy_skip(slice_make(NULL, 0), &done), 0);
    assert_false(done);
}

static void assert_formatted(struct slice action, const char *expected)
{
    char out[POLICY_REPLY_MAX];
    size_t len = policy_format(action, out);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
}

static void test_format(void **state)
{
    (void)state;
    assert_formatted(SLICE("DUNNO"), "action=DUNNO\n\n");
    assert_formatted(SLICE("550 5.7.1 ~ no: \"x\""), "action=550 5.7.1 ~ no: \"x\"\n\n");
    assert_formatted(SLICE("a\nb\0c\x7f\xc3\xbc\r\t"), "action=a?b?c?????\n\n");
    assert_formatted(slice_make(NULL, 0), "action=\n\n");
}

static void test_format_long(void **state)
{
    (void)state;
    char action[2 * POLICY_REPLY_MAX], out[POLICY_REPLY_MAX];
    memset(action, 'x', sizeof action);
    size_t room = POLICY_REPLY_MAX - strlen("action=\n\n");
    for (size_t len = room - 2; len < sizeof action; len++) {
        size_t wrote = policy_format(slice_make(action, len), out);
        assert_int_equal(wrote, len < room ? len + strlen("action=\n\n") : POLICY_REPLY_MAX);
        assert_memory_equal(out + wrote - 3, "x\n\n", 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),  cmocka_unit_test(test_slices_borrow),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_skip),
        cmocka_unit_test(test_format), cmocka_unit_test(test_format_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
