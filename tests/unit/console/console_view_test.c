// SPDX-License-Identifier: BSD-2-Clause
#include "console/view/view_context.h"

#include "case_lines.h"
#include "console/view/view_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void print(json_t *object, char out[CASE_ANSWER_MAX])
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(text);
    (void)snprintf(out, CASE_ANSWER_MAX, "%s", text);
    free(text);
    json_decref(object);
}

static void language(struct slice input, char out[CASE_ANSWER_MAX])
{
    view_language(NULL, input, out);
}

static void test_language(void **state)
{
    char out[VIEW_LANGUAGE_MAX];
    (void)state;
    case_lines_check("console/language.cases", language);
    json_t *facts = json_pack("{s:s}", "language", "fr");
    view_language(facts, SLICE("en"), out);
    assert_string_equal(out, "fr"); // the account's
    json_object_set_new(facts, "language", json_string("de"));
    view_language(facts, SLICE("fr"), out);
    assert_string_equal(out, "fr");
    json_decref(facts);
}

static void params(struct slice input, char out[CASE_ANSWER_MAX])
{
    char room[CASE_ANSWER_MAX];
    struct web_form parts = {.count = 0}, fields = {.count = 0};
    struct slice head, tail;
    (void)slice_split(input, '|', &head, &tail);
    assert_true(web_form_parse(head, room, &parts) && web_form_parse(tail, room + head.len, &fields));
    print(view_params(&parts, &fields), out);
}

static void test_params(void **state)
{
    (void)state;
    case_lines_check("console/params.cases", params);
}

static void lay(struct slice input, char out[CASE_ANSWER_MAX])
{
    char room[CASE_ANSWER_MAX];
    struct web_form fields = {.count = 0};
    struct slice form = SLICE(""), sent = SLICE(""), extent = SLICE("");
    assert_true(slice_split(input, '|', &form, &input) && slice_split(input, '|', &sent, &extent));
    json_t *object = json_loadb(form.ptr, form.len, 0, NULL);
    assert_true(web_form_parse(sent, room, &fields));
    assert_true(view_params_lay(object, &fields, slice_equal(extent, SLICE("whole"))));
    print(object, out);
}

static void test_lay(void **state)
{
    (void)state;
    case_lines_check("console/lay.cases", lay);
}

static void test_context(void **state)
{
    char out[CASE_ANSWER_MAX];
    (void)state;
    json_t *facts = json_pack("{s:s, s:s, s:[s, s]}", "kind", "admin", "login", "a@x.example", "domains",
                              "b.example", "c.example");
    print(view_context_make(&(struct view_context){.facts = facts,
                                                   .language = "en",
                                                   .path = "/d/z.example",
                                                   .form_key = "k",
                                                   .domain = "z.example",
                                                   .section = "filter",
                                                   .public_url = "https://c",
                                                   .webmail_url = ""}),
          out);
    assert_string_equal(
        out, "{\"domain\":\"z.example\",\"domains\":[{\"name\":\"b.example\",\"selected\":false},"
             "{\"name\":\"c.example\",\"selected\":false},{\"name\":\"z.example\",\"selected\":true}],"
             "\"form_key\":\"k\",\"is_admin\":true,\"is_user\":false,\"kind\":\"admin\",\"language\":\"en\","
             "\"login\":\"a@x.example\",\"path\":\"/d/z.example\",\"public_url\":\"https://c\","
             "\"section\":{\"filter\":true},\"watches\":false,\"webmail_url\":\"\"}");
    json_decref(facts);
    print(view_context_make(&(struct view_context){.language = "fr",
                                                   .path = "/",
                                                   .form_key = "",
                                                   .fault = "no",
                                                   .public_url = "",
                                                   .webmail_url = ""}),
          out);
    assert_string_equal(
        out, "{\"domains\":[],\"fault\":\"no\",\"form_key\":\"\",\"is_admin\":false,\"is_user\":false,"
             "\"language\":\"fr\",\"path\":\"/"
             "\",\"public_url\":\"\",\"section\":{},\"watches\":false,\"webmail_url\":\"\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_language), cmocka_unit_test(test_params),
                                       cmocka_unit_test(test_lay), cmocka_unit_test(test_context)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
