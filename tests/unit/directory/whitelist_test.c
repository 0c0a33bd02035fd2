// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "directory/whitelist.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS_MAX 16384

static struct directory *directory;

static int load_rows(void **state)
{
    (void)state;
    static char text[ROWS_MAX];
    struct problem problem;
    FILE *file = fopen(EMG_CASES "/directory/whitelist.rows", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *path = scratch_make();
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
    return directory ? 0 : -1;
}

static int remove_rows(void **state)
{
    (void)state;
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static struct slice next_field(struct slice *rest)
{
    struct slice field;
    *rest = slice_trim(*rest);
    slice_split(*rest, ' ', &field, rest);
    return slice_equal(field, SLICE("-")) ? slice_make(NULL, 0) : field;
}

// "domain sender address name"
static void match(struct slice input, char out[CASE_ANSWER_MAX])
{
    const struct directory_snapshot *rows;
    struct slice domain = next_field(&input), sender = next_field(&input), client = next_field(&input);
    struct ip ip;
    char entry[WHITELIST_ENTRY_MAX] = "?";
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    bool known = ip_parse(client, &ip);
    bool found = whitelist_match(rows, domain, sender, known ? &ip : NULL, next_field(&input), entry);
    directory_end(directory);
    assert_int_equal(found, entry[0] != '\0');
    snprintf(out, CASE_ANSWER_MAX, "%s", found ? entry : "none");
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("directory/whitelist.cases", match);
}

// Longer than any key, deeper than any name.
static void test_overlong_input_matches_nothing(void **state)
{
    (void)state;
    static char text[70000];
    const struct directory_snapshot *rows;
    struct ip client;
    char entry[WHITELIST_ENTRY_MAX];
    assert_true(ip_parse(SLICE("192.0.2.1"), &client));
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '.' : 'a';
    text[1] = '@';
    for (size_t len = 200; len < sizeof text; len += 797) {
        struct slice in = slice_make(text, len);
        assert_false(whitelist_match(rows, SLICE("example.com"), in, &client, in, entry));
        assert_false(whitelist_match(rows, in, SLICE("a@b.example"), &client, SLICE("b.example"), entry));
    }
    directory_end(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_overlong_input_matches_nothing),
    };
    return cmocka_run_group_tests(tests, load_rows, remove_rows);
}
