// SPDX-License-Identifier: BSD-2-Clause
// Findings in Postfix instances: tests/cases/ctl, *.postconf with *.findings, and check.cases.
#include "case_lines.h"
#include "ctl/check/postfix_check.h"
#include "file_text.h"
#include "findings_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <glob.h>

static struct findings findings;

static int setup(void **state)
{
    (void)state;
    return findings_setup("check.rows", "good.postconf");
}

static void find(const char *text, const struct directory_snapshot *rows)
{
    struct check_rows summary = {.known = false};
    const struct postconf postconf = {.text = slice_from(text)};
    const struct postfix_check check = {
        .postconf = &postconf, .rows = rows, .summary = &summary, .findings = &findings};
    memset(&findings, 0, sizeof findings);
    if (rows)
        check_rows_read(rows, &summary);
    postfix_check(&check);
}

static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    char *text = findings_changed(input);
    size_t len = 0;
    find(text, findings_snapshot);
    free(text);
    snprintf(out, CASE_ANSWER_MAX, "fine");
    for (size_t i = 0; i < findings.count && len < CASE_ANSWER_MAX; i++)
        if (findings.list[i].severity != FINDING_OK)
            len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, "%s%s %s", len ? "; " : "",
                                    findings.list[i].severity == FINDING_ERROR ? "error" : "warning",
                                    findings.list[i].parameter);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("ctl/check.cases", answer);
}

// The printed text.
static char *shown(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(finding_print(&findings, out));
    fclose(out);
    return text;
}

static void check_instance(const char *path)
{
    char expected_path[4096];
    char *text = file_text_read(path);
    snprintf(expected_path, sizeof expected_path, "%.*s.findings", (int)(strlen(path) - strlen(".postconf")),
             path);
    char *expected = file_text_read(expected_path);
    find(text, findings_snapshot);
    char *got = shown();
    assert_string_equal(got, expected);
    free(got);
    free(expected);
    free(text);
}

static void test_instances(void **state)
{
    glob_t paths;
    (void)state;
    assert_int_equal(glob(EMG_CASES "/ctl/*.postconf", 0, NULL, &paths), 0);
    for (size_t i = 0; i < paths.gl_pathc; i++)
        check_instance(paths.gl_pathv[i]);
    assert_true(paths.gl_pathc >= 2);
    globfree(&paths);
}

// Without a replica the rest is still checked, and nothing is claimed of the rows.
static void test_without_rows(void **state)
{
    (void)state;
    find(findings_good, NULL);
    assert_int_equal(findings.errors, 0);
    find("", NULL);
    assert_true(findings.errors > 0);
}

static void test_bounded(void **state)
{
    (void)state;
    memset(&findings, 0, sizeof findings);
    for (int i = 0; i < FINDING_MAX + 10; i++)
        finding_add(&findings, FINDING_ERROR, "p", NULL, "why", "%d", i);
    finding_add(&findings, FINDING_ERROR, "p", NULL, "why", "0");
    assert_int_equal(findings.count, FINDING_MAX);
    assert_int_equal(findings.errors, FINDING_MAX + 10);
}

static void test_printable(void **state)
{
    (void)state;
    memset(&findings, 0, sizeof findings);
    finding_add(&findings, FINDING_WARNING, "p", NULL, NULL, "is \xff\x1b[1m");
    assert_string_equal(findings.list[0].says, "is ??[1m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_instances),
                                       cmocka_unit_test(test_without_rows), cmocka_unit_test(test_bounded),
                                       cmocka_unit_test(test_printable)};
    return cmocka_run_group_tests(tests, setup, findings_teardown);
}
