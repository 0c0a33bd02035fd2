// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_set.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *english(void *context, const char *text)
{
    (void)context;
    return text;
}

static const char *english_plural(void *context, const char *one, const char *many, unsigned long count)
{
    (void)context;
    return count == 1 ? one : many;
}

static const struct template_translator translator = {.text = english, .plural = english_plural};

static struct template_set *set_of(const char *text)
{
    struct problem problem;
    const struct template_source source = {.name = "main", .text = slice_from(text)};
    struct template_set *set = template_set_parse(&source, 1, &problem);
    if (!set)
        fail_msg("%s", problem.text);
    return set;
}

static enum template_rc render(const char *text, json_t *view, size_t *len)
{
    struct template_output output = {0};
    struct template_set *set = set_of(text);
    const enum template_rc rc = template_set_render(set, "main", view, &translator, &output);
    *len = output.len;
    template_output_finish(&output);
    template_set_destroy(set);
    json_decref(view);
    return rc;
}

// A view with `count` empty items in the list "l".
static json_t *list_of(size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        assert_int_equal(json_array_append_new(list, json_pack("{s:i}", "i", (int)i)), 0);
    return json_pack("{s:o}", "l", list);
}

static void test_size_of_a_page(void **state)
{
    size_t len;
    (void)state;
    assert_int_equal(render("{{#l}}12345678{{/l}}", list_of(TEMPLATE_OUTPUT_MAX / 8), &len), TEMPLATE_DONE);
    assert_int_equal(len, TEMPLATE_OUTPUT_MAX);
    assert_int_equal(render("{{#l}}12345678{{/l}}!", list_of(TEMPLATE_OUTPUT_MAX / 8), &len),
                     TEMPLATE_TOO_LARGE);
    assert_int_equal(len, TEMPLATE_OUTPUT_MAX);
}

// Lists in lists that give no text end as well.
static void test_steps(void **state)
{
    size_t len;
    (void)state;
    assert_int_equal(render("{{#l}}{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}{{/l}}", list_of(100), &len),
                     TEMPLATE_TOO_LARGE);
    assert_int_equal(len, 0);
}

static char *repeated(const char *text, unsigned times, const char *more, unsigned more_times)
{
    char *all = calloc(times * strlen(text) + more_times * strlen(more) + 1, 1), *end = all;
    assert_non_null(all);
    for (unsigned i = 0; i < times; i++)
        end = stpcpy(end, text);
    for (unsigned i = 0; i < more_times; i++)
        end = stpcpy(end, more);
    return all;
}

static void test_depth(void **state)
{
    size_t len;
    struct problem problem;
    char *right = repeated("{{#l}}", TEMPLATE_DEPTH_MAX - 1, "{{/l}}", TEMPLATE_DEPTH_MAX - 1);
    char *deep = repeated("{{#l}}", TEMPLATE_DEPTH_MAX + 1, "{{/l}}", TEMPLATE_DEPTH_MAX + 1);
    (void)state;
    assert_int_equal(render(right, list_of(1), &len), TEMPLATE_DONE);
    const struct template_source source = {.name = "deep", .text = slice_from(deep)};
    assert_null(template_set_parse(&source, 1, &problem));
    assert_string_equal(problem.text, "deep.mustache:1: \"{{#l}}\" is in too many other sections");
    free(right);
    free(deep);
}

// The indentation of partials adds up, within bounds.
static void test_indentation(void **state)
{
    struct problem problem;
    struct template_output output = {0};
    char *right = repeated(" ", TEMPLATE_INDENT_MAX, "{{>main}}", 1);
    char *wide = repeated(" ", TEMPLATE_INDENT_MAX + 1, "{{>main}}", 1);
    const struct template_source endless = {.name = "main", .text = slice_from(right)};
    const struct template_source too_wide = {.name = "main", .text = slice_from(wide)};
    struct template_set *set = template_set_parse(&endless, 1, &problem);
    (void)state;
    assert_non_null(set);
    assert_int_equal(template_set_render(set, "main", NULL, &translator, &output), TEMPLATE_TOO_DEEP);
    assert_null(template_set_parse(&too_wide, 1, &problem));
    assert_non_null(strstr(problem.text, "\" is indented too far"));
    template_output_finish(&output);
    template_set_destroy(set);
    free(right);
    free(wide);
}

static void test_sizes_of_templates(void **state)
{
    size_t len;
    struct problem problem;
    char *text = repeated("x", TEMPLATE_SOURCE_MAX + 1, "", 0);
    const struct template_source large = {.name = "large", .text = slice_from(text)};
    (void)state;
    assert_null(template_set_parse(&large, 1, &problem));
    assert_string_equal(problem.text,
                        "large.mustache: more than 65536 bytes; move a part of it to a partial");
    text[TEMPLATE_SOURCE_MAX] = '\0';
    assert_int_equal(render(text, json_object(), &len), TEMPLATE_DONE);
    assert_int_equal(len, TEMPLATE_SOURCE_MAX);
    free(text);
    assert_int_equal(render("", json_object(), &len), TEMPLATE_DONE);
    const struct template_source nul = {.name = "nul", .text = SLICE("a\0b")};
    assert_null(template_set_parse(&nul, 1, &problem));
    assert_string_equal(problem.text, "nul.mustache: has a NUL byte; remove it");
}

static void test_names(void **state)
{
    struct problem problem;
    const struct template_source twice[] = {{"a", SLICE("1")}, {"b", SLICE("2")}, {"a", SLICE("3")}};
    const struct template_source bad = {"a/b", SLICE("1")};
    struct template_set *set = set_of("x");
    struct template_output output = {0};
    (void)state;
    assert_true(template_set_has(set, "main"));
    assert_false(template_set_has(set, "mai"));
    assert_int_equal(template_set_render(set, "other", NULL, &translator, &output), TEMPLATE_UNKNOWN);
    template_set_destroy(set);
    assert_null(template_set_parse(twice, 3, &problem));
    assert_string_equal(problem.text, "there are two templates \"a\"");
    assert_null(template_set_parse(&bad, 1, &problem));
    assert_string_equal(problem.text,
                        "\"a/b\" is no name of a template: use letters, digits, \"_\" and \"-\"");
    assert_null(template_set_parse(twice, 0, &problem));
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_a_folder(void **state)
{
    struct problem problem;
    struct template_output output = {0};
    const char *folder = scratch_make();
    json_t *view = json_pack("{s:s}", "a", "<1>");
    (void)state;
    assert_null(template_set_create(folder, &problem));
    assert_non_null(strstr(problem.text, ": there is no NAME.mustache in it"));
    write_file(folder, "page.mustache", "{{>part}}");
    write_file(folder, ".hidden.mustache", "{{#a}}");
    write_file(folder, "README.md", "{{#a}}");
    assert_null(template_set_create(folder, &problem));
    assert_string_equal(problem.text, "page.mustache:1: there is no template \"part\"");
    write_file(folder, "part.mustache", "[{{a}}]\n");
    struct template_set *set = template_set_create(folder, &problem);
    assert_non_null(set);
    assert_int_equal(template_set_render(set, "page", view, &translator, &output), TEMPLATE_DONE);
    assert_true(slice_equal(slice_make(output.text, output.len), SLICE("[&lt;1&gt;]\n")));
    template_output_finish(&output);
    template_set_destroy(set);
    write_file(folder, "part.mustache", "a\n{{/a}}");
    assert_null(template_set_create(folder, &problem));
    assert_string_equal(problem.text, "part.mustache:2: \"{{/a}}\" closes no section");
    json_decref(view);
    scratch_remove();
    assert_null(template_set_create("/nonexistent", &problem));
    assert_string_equal(problem.text, "/nonexistent: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_of_a_page),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_indentation),
        cmocka_unit_test(test_sizes_of_templates),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
