// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_decode.h"

#include "case_lines.h"
#include "web/web_cookie.h"
#include "web/web_form.h"
#include "web/web_guard.h"
#include "web/web_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void put_text(char out[CASE_ANSWER_MAX], struct slice text)
{
    const size_t at = strlen(out);
    assert_true(at + text.len < CASE_ANSWER_MAX);
    memcpy(out + at, text.ptr, text.len);
    out[at + text.len] = '\0';
}

static void put_fields(char out[CASE_ANSWER_MAX], const struct web_form *form)
{
    for (unsigned i = 0; i < form->count; i++) {
        put_text(out, SLICE("["));
        put_text(out, form->fields[i].name);
        put_text(out, SLICE("="));
        put_text(out, form->fields[i].value);
        put_text(out, SLICE("]"));
    }
}

static void decode(struct slice input, char out[CASE_ANSWER_MAX])
{
    char room[CASE_ANSWER_MAX];
    struct slice text;
    *out = '\0';
    put_text(out, web_decode(input, WEB_ENCODED_PATH, room, &text) ? text : SLICE("bad"));
}

static void test_decode(void **state)
{
    (void)state;
    case_lines_check("web/decode.cases", decode);
}

static void form(struct slice input, char out[CASE_ANSWER_MAX])
{
    char room[CASE_ANSWER_MAX];
    struct web_form fields = {.count = 0};
    *out = '\0';
    if (web_form_parse(input, room, &fields))
        put_fields(out, &fields);
    else
        strcpy(out, "bad");
}

static void test_form(void **state)
{
    (void)state;
    case_lines_check("web/form.cases", form);
}

static void test_form_is_bounded(void **state)
{
    char text[4 * WEB_FIELDS_MAX + 8] = "", room[sizeof text];
    struct web_form fields = {.count = 0};
    (void)state;
    for (unsigned i = 0; i < WEB_FIELDS_MAX; i++)
        strcat(text, "a=1&");
    assert_true(web_form_parse(slice_from(text), room, &fields));
    assert_int_equal(fields.count, WEB_FIELDS_MAX);
    strcat(text, "b=2");
    fields.count = 0;
    assert_false(web_form_parse(slice_from(text), room, &fields));
    assert_null(web_form_get(&fields, "b").ptr);
    assert_int_equal(web_form_get(&fields, "a").len, 1);
}

static void path(struct slice input, char out[CASE_ANSWER_MAX])
{
    char pattern[200], room[CASE_ANSWER_MAX], again[CASE_ANSWER_MAX], again_room[CASE_ANSWER_MAX];
    struct slice head, tail;
    struct web_form parts = {.count = 0}, same = {.count = 0};
    assert_true(slice_split(input, ' ', &head, &tail));
    assert_true(slice_copy(head, pattern, sizeof pattern));
    if (!web_path_match(pattern, tail, room, &parts)) {
        assert_int_equal(parts.count, 0);
        strcpy(out, "no");
        return;
    }
    strcpy(out, "match");
    put_fields(out, &parts);
    // The path that is made of them has the same parts.
    assert_true(web_path_make(pattern, &parts, again, sizeof again));
    assert_true(web_path_match(pattern, slice_from(again), again_room, &same));
    assert_int_equal(same.count, parts.count);
    for (unsigned i = 0; i < parts.count; i++)
        assert_true(slice_equal(same.fields[i].value, parts.fields[i].value));
}

static void test_path(void **state)
{
    (void)state;
    case_lines_check("web/path.cases", path);
}

static void test_path_is_bounded(void **state)
{
    char text[WEB_PART_MAX + 8] = "/d/", room[sizeof text], out[8];
    struct web_form parts = {.count = 0};
    (void)state;
    memset(text + 3, 'a', WEB_PART_MAX);
    assert_true(web_path_match("/d/{d}", slice_from(text), room, &parts));
    assert_false(web_path_make("/d/{d}", &parts, out, sizeof out));
    parts.count = 0;
    assert_false(web_path_make("/d/{d}", &parts, text, sizeof text));
    text[3 + WEB_PART_MAX] = 'a';
    assert_false(web_path_match("/d/{d}", slice_from(text), room, &parts));
}

static void cookie(struct slice input, char out[CASE_ANSWER_MAX])
{
    const struct slice value = web_cookie_find(input, "__Host-emg");
    *out = '\0';
    put_text(out, value.ptr ? value : SLICE("none"));
}

static void test_cookie(void **state)
{
    (void)state;
    case_lines_check("web/cookie.cases", cookie);
}

static struct slice header(struct slice text)
{
    return slice_equal(text, SLICE("-")) ? slice_make(NULL, 0) : text;
}

static void guard(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {
        [WEB_GUARD_PASSED] = "passed", [WEB_GUARD_TYPE] = "type", [WEB_GUARD_ORIGIN] = "origin"};
    struct slice type = SLICE(""), origin = SLICE(""), site = SLICE("");
    assert_true(slice_split(input, '|', &type, &input) && slice_split(input, '|', &origin, &site));
    const struct web_sender sender = {
        .content_type = header(type), .origin = header(origin), .fetch_site = header(site)};
    strcpy(out, words[web_guard_check(&sender, "https://console.example")]);
}

static void test_guard(void **state)
{
    (void)state;
    case_lines_check("web/guard.cases", guard);
}

static void test_origin(void **state)
{
    struct problem problem;
    (void)state;
    assert_true(web_origin_check("https://console.example", &problem));
    assert_true(web_origin_check("https://127.0.0.1:8443", &problem));
    assert_true(web_origin_check("https://[::1]:8443", &problem));
    assert_false(web_origin_check("http://console.example", &problem));
    assert_false(web_origin_check("https://", &problem));
    assert_false(web_origin_check("https://console.example/", &problem));
    assert_false(web_origin_check("https://Console.example", &problem));
    assert_false(web_origin_check("", &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode), cmocka_unit_test(test_form),   cmocka_unit_test(test_form_is_bounded),
        cmocka_unit_test(test_path),   cmocka_unit_test(test_cookie), cmocka_unit_test(test_path_is_bounded),
        cmocka_unit_test(test_guard),  cmocka_unit_test(test_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
