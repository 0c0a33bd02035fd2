// SPDX-License-Identifier: BSD-2-Clause
// Findings about a node: tests/cases/ctl/check_node.cases, where lines of good.facts are changed, and the
// facts of doveconf.
#include "case_lines.h"
#include "ctl/check/doveconf.h"
#include "ctl/check/node_check.h"
#include "file_text.h"
#include "findings_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct findings findings;

static int setup(void **state)
{
    (void)state;
    return findings_setup("check_node.rows", "good.facts");
}

static void find(const char *text, const struct directory_snapshot *rows)
{
    struct check_rows summary = {.known = false};
    const struct postconf facts = {.text = slice_from(text)};
    const struct node_check check = {
        .facts = &facts, .rows = rows, .summary = &summary, .findings = &findings};
    memset(&findings, 0, sizeof findings);
    if (rows)
        check_rows_read(rows, &summary);
    node_sockets(&check, true);
    dovecot_check(&check);
    postgresql_check(&check);
    node_replica(&check);
    node_spf_worker(&check);
    node_files(&check);
    node_log(&check);
    node_settings(&check);
    node_dns(&check);
    node_disk(&check);
    console_check(&check);
}

// Each finding that is not ok as its line, without the reason.
static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    char *text = findings_changed(input), line[FINDING_LINE_MAX];
    size_t len = 0;
    find(text, findings_snapshot);
    free(text);
    snprintf(out, CASE_ANSWER_MAX, "fine");
    for (size_t i = 0; i < findings.count && len < CASE_ANSWER_MAX; i++) {
        assert_true(findings.list[i].severity == FINDING_OK || findings.list[i].why);
        findings.list[i].why = NULL;
        finding_format(&findings.list[i], line);
        if (findings.list[i].severity != FINDING_OK)
            len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, "%s%s", len ? " | " : "", line);
    }
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("ctl/check_node.cases", answer);
}

// Whatever is not known is not claimed.
static void test_without_facts(void **state)
{
    (void)state;
    find("", NULL);
    for (size_t i = 0; i < findings.count; i++)
        if (findings.list[i].severity == FINDING_ERROR)
            assert_true(strncmp(findings.list[i].parameter, "dovecot.", 8) == 0);
}

static void test_doveconf(void **state)
{
    char *text = file_text_read(EMG_CASES "/ctl/stock.doveconf"), *expected, *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    (void)state;
    assert_non_null(out);
    doveconf_flatten(slice_from(text), out);
    fclose(out);
    expected = file_text_read(EMG_CASES "/ctl/stock.doveconf.facts");
    assert_string_equal(got, expected);
    free(expected);
    free(got);
    free(text);
}

// A text of any nesting, or of none, does no harm.
static void test_doveconf_broken(void **state)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    (void)state;
    assert_non_null(out);
    for (int i = 0; i < 20; i++)
        doveconf_flatten(SLICE("a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ni {\nj {\nk = "
                               "1\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\nl = 2\n"),
                         out);
    doveconf_flatten(SLICE("}\n}\n=\n{\n\"\nx = \"\n"), out);
    fclose(out);
    assert_non_null(strstr(got, "dovecot.l = 2\n"));
    assert_null(strstr(got, "k = 1"));
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_without_facts),
                                       cmocka_unit_test(test_doveconf),
                                       cmocka_unit_test(test_doveconf_broken)};
    return cmocka_run_group_tests(tests, setup, findings_teardown);
}
