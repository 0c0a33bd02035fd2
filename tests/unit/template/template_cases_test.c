// SPDX-License-Identifier: BSD-2-Clause
// tests/cases/template/render.cases, with a translator that has some French texts.
#include "template/template_set.h"

#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PARTS_MAX = 8 };

struct golden {
    const char *name;
    struct template_source templates[PARTS_MAX];
    size_t count;
    const char *view, *text, *fault;
};

static const char *french(void *context, const char *english)
{
    (void)context;
    if (strcmp(english, "Hello {user.name}") == 0)
        return "Bonjour {user.name} !";
    return strcmp(english, "Mail & more") == 0 ? "Courrier & plus" : english;
}

static const char *french_plural(void *context, const char *one, const char *many, unsigned long count)
{
    (void)context;
    if (strcmp(one, "{count} message of {who}") != 0 || strcmp(many, "{count} messages of {who}") != 0)
        return "?";
    return count > 1 ? "{count} messages de {who}" : "{count} message de {who}";
}

static const struct template_translator translator = {.text = french, .plural = french_plural};

// Writes the text, or the fault, on the heap.
static char *answer_of(const struct golden *golden)
{
    struct template_output output = {0};
    struct problem problem;
    json_error_t error;
    char *answer = NULL;
    json_t *view = json_loads(golden->view, 0, &error);
    if (!view)
        fail_msg("%s: %s", golden->name, error.text);
    struct template_set *set = template_set_parse(golden->templates, golden->count, &problem);
    const enum template_rc rc =
        set ? template_set_render(set, "main", view, &translator, &output) : TEMPLATE_UNKNOWN;
    if (!set)
        answer = strdup(problem.text);
    else if (rc != TEMPLATE_DONE)
        answer = strdup(template_set_fault(rc));
    else
        answer = strndup(output.text ? output.text : "", output.len);
    assert_non_null(answer);
    template_output_finish(&output);
    template_set_destroy(set);
    json_decref(view);
    return answer;
}

static unsigned check(const struct golden *golden)
{
    const char *expected = golden->text ? golden->text : golden->fault;
    if (!golden->view || !expected || golden->count == 0)
        fail_msg("%s: a template, a view and a text or fault are needed", golden->name);
    char *answer = answer_of(golden);
    const bool is_right = strcmp(answer, expected) == 0;
    if (!is_right)
        print_error("%s: got\n%s\nexpected\n%s\n", golden->name, answer, expected);
    free(answer);
    return !is_right;
}

// The newline before the next header; NULL: there is none.
static char *header_after(char *newline)
{
    for (; newline; newline = strchr(newline + 1, '\n'))
        if (strncmp(newline, "\n-- ", 4) == 0 || strncmp(newline, "\n== ", 4) == 0)
            return newline;
    return NULL;
}

// Closes the header with a NUL, and returns the part after it, without the newline at its end and the blank
// line before the next case. `*next` is the next header.
static char *cut_part(char *header, char **next)
{
    char *newline = strchr(header, '\n'), *end = header_after(newline);
    char *text = end == newline ? newline : newline + 1;
    *newline = '\0';
    *next = end ? end + 1 : NULL;
    if (!end)
        end = text + strlen(text) - 1;
    *end = '\0';
    if (end > text && end[-1] == '\n' && *next && strncmp(*next, "== ", 3) == 0)
        end[-1] = '\0';
    return text;
}

static void add_part(struct golden *golden, const char *header, const char *text)
{
    if (strcmp(header, "-- view") == 0) {
        golden->view = text;
    } else if (strcmp(header, "-- text") == 0) {
        golden->text = text;
    } else if (strcmp(header, "-- fault") == 0) {
        golden->fault = text;
    } else {
        assert_true(golden->count < PARTS_MAX);
        golden->templates[golden->count++] = (struct template_source){
            .name = strncmp(header, "-- part ", 8) == 0 ? header + 8 : "main", .text = slice_from(text)};
    }
}

static void test_cases(void **state)
{
    char *all = file_text_read(EMG_CASES "/template/render.cases"), *next = strstr(all, "\n== ");
    struct golden golden = {0};
    unsigned cases = 0, wrong = 0;
    (void)state;
    assert_non_null(next);
    for (next++; next;) {
        char *header = next, *text = cut_part(header, &next);
        if (strncmp(header, "== ", 3) == 0)
            golden = (struct golden){.name = header + 3};
        else
            add_part(&golden, header, text);
        if (!next || strncmp(next, "== ", 3) == 0) {
            wrong += check(&golden);
            cases++;
        }
    }
    free(all);
    assert_int_equal(wrong, 0);
    assert_in_range(cases, 40, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
