// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "idn/idn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void domain(struct slice input, char out[CASE_ANSWER_MAX])
{
    char name[ADDRESS_DOMAIN_MAX + 1];
    snprintf(out, CASE_ANSWER_MAX, "%s", idn_domain(input, name) ? name : "bad");
}

static void test_f4_domain_is_one_name(void **state)
{
    (void)state;
    case_lines_check("idn/domain.cases", domain);
}

static void address(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const verdicts[] = {[ADDRESS_EMPTY] = "empty", [ADDRESS_BAD] = "bad"};
    char key[ADDRESS_MAX + 1];
    const enum address_rc rc = idn_address_fold(input, key);
    assert_int_equal(key[0] != '\0', rc == ADDRESS_OK);
    snprintf(out, CASE_ANSWER_MAX, "%s", rc == ADDRESS_OK ? key : verdicts[rc]);
}

static void test_f4_address_is_one_key(void **state)
{
    (void)state;
    case_lines_check("idn/address.cases", address);
}

static void assert_converted(const char *from, const char *to)
{
    char out[IDN_TEXT_MAX + 1];
    const struct slice got = idn_to_ascii(slice_from(from), out);
    assert_int_equal(got.len, strlen(to));
    assert_memory_equal(got.ptr, to, got.len);
    assert_int_equal(got.ptr == from, strcmp(from, to) == 0);
}

static void test_f12_only_the_domain_is_converted(void **state)
{
    (void)state;
    assert_converted("News@ÄRZTE.Example", "News@xn--rzte-koa.Example");
    assert_converted("\"a b\"@ärzte.example.", "\"a b\"@xn--rzte-koa.example.");
    assert_converted("jürgen@ärzte.example", "jürgen@xn--rzte-koa.example");
    assert_converted("ärzte.example", "xn--rzte-koa.example"); // a HELO name
    assert_converted("jürgen@sender.example", "jürgen@sender.example");
    assert_converted("a@☕.example", "a@☕.example");
    assert_converted("a@\xff.example", "a@\xff.example");
    assert_converted("a@b.example", "a@b.example");
    assert_converted("", "");
    assert_int_equal(idn_to_ascii(slice_make(NULL, 0), (char[IDN_TEXT_MAX + 1]){""}).len, 0);
}

// 55 letters of four bytes are one label; more of them are none.
static void test_long_names(void **state)
{
    char text[4 * ADDRESS_MAX] = "u@", out[ADDRESS_MAX + 1];
    (void)state;
    for (int label = 0; label < 3; label++) {
        for (int i = 0; i < 50; i++)
            strcat(text, "𐐨");
        strcat(text, ".");
    }
    strcat(text, "example");
    assert_true(strlen(text) > 600);
    assert_int_equal(idn_address_fold(slice_from(text), out), ADDRESS_OK);
    assert_true(strlen(out) < 2 + 253 && strncmp(out, "u@xn--", 6) == 0);
    memset(text, 'a', 400); // a local part that is too long
    strcpy(text + 400, "@ärzte.example");
    assert_int_equal(idn_address_fold(slice_from(text), out), ADDRESS_BAD);
    strcpy(text + 320 - strlen("@xn--rzte-koa.example"), "@ärzte.example");
    assert_int_equal(idn_address_fold(slice_from(text), out), ADDRESS_OK);
    assert_int_equal(strlen(out), ADDRESS_MAX);
}

// Of this thread, whatever else the machine does.
static int64_t cpu_us(void)
{
    struct timespec time;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

// Nobody makes a name that takes more than a moment.
static void test_time_is_bounded(void **state)
{
    static const char *const pieces[] = {"\u0315", "a\u0300", "ä", "a\u0345\u0315\u0300",
                                         "ä。",    "\u00ad",  "𝟘"};
    enum { SIZE = 100000 };
    char *text = malloc(SIZE + 8), out[ADDRESS_MAX + 1];
    (void)state;
    assert_non_null(text);
    for (size_t piece = 0; piece < sizeof pieces / sizeof *pieces; piece++)
        for (size_t size = 500; size <= SIZE; size *= 200) {
            size_t len = 0;
            while (len + strlen(pieces[piece]) <= size) {
                memcpy(text + len, pieces[piece], strlen(pieces[piece]));
                len += strlen(pieces[piece]);
            }
            const int64_t start = cpu_us();
            assert_false(idn_domain(slice_make(text, len), out));
            text[0] = 'u';
            text[1] = '@';
            assert_int_equal(idn_address_fold(slice_make(text, len), out), ADDRESS_BAD);
            assert_in_range(cpu_us() - start, 0, 500000);
        }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f4_domain_is_one_name),
        cmocka_unit_test(test_f4_address_is_one_key),
        cmocka_unit_test(test_f12_only_the_domain_is_converted),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_time_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
