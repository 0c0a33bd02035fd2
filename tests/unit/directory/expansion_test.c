// SPDX-License-Identifier: BSD-2-Clause
// Expansion of aliases, and the domains whose rules apply to their mail.
#include "directory/expansion.h"

#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct directory *directory;
static const struct directory_snapshot *rows;

static void load(const char *text)
{
    struct problem problem;
    const char *path = scratch_make();
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
}

static int tear_down(void **state)
{
    (void)state;
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

// `count` aliases that each name all of them.
static void load_clique(size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fprintf(out, "domain example.com\nmailbox user@example.com\n");
    for (size_t i = 0; i < count; i++)
        for (size_t to = 0; to < count; to++)
            fprintf(out, "alias c%zu@example.com c%zu@example.com\n", i, to);
    fclose(out);
    load(text);
    free(text);
}

// The bound is on steps and not on time, which says little on a loaded machine: without it 300 aliases take
// 90,000 and 1000 a million.
static void test_h4_aliases_that_name_each_other_end_soon(void **state)
{
    static struct expansion expansion;
    (void)state;
    load_clique(300);
    assert_int_equal(expansion_make(rows, SLICE("c0"), SLICE("example.com"), &expansion), EXPANSION_TOO_MANY);
    assert_true(expansion.count == 300);
    assert_true(expansion.steps < EXPANSION_STEPS_MAX + EXPANSION_SLOTS);
}

// Groups that overlap are no such thing, and each address is in the answer once.
static void test_h4_overlapping_groups_are_served(void **state)
{
    static struct expansion expansion;
    char *text = NULL;
    size_t size = 0, ends = 0;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    assert_non_null(out);
    fprintf(out, "domain example.com keep_copy=false\n");
    for (size_t group = 0; group < 10; group++) {
        fprintf(out, "alias all@example.com g%zu@example.com\n", group);
        for (size_t i = 0; i < 300; i++)
            fprintf(out, "alias g%zu@example.com u%zu@elsewhere.example\n", group, i + 60 * group);
    }
    fclose(out);
    load(text);
    free(text);
    assert_int_equal(expansion_make(rows, SLICE("all"), SLICE("example.com"), &expansion), EXPANSION_OK);
    for (size_t i = 0; i < expansion.count; i++)
        ends += expansion.items[i].end;
    assert_int_equal(ends, 840);
    assert_int_equal(expansion.count, 851);
}

// The domains that an alias leads to, each distinguished up to a bound and none left out beyond it.
static void test_m2_all_domains_of_an_alias_are_met(void **state)
{
    static struct expansion expansion;
    struct expansion_domains led = {.next = 0};
    char *text = NULL;
    size_t size = 0, met = 0, crowded = 0, repeated = 0;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    assert_non_null(out);
    fprintf(out, "domain example.com\nmailbox u@example.com\nalias all@example.com u@example.com\n");
    for (size_t i = 0; i < 40; i++) {
        fprintf(out, "domain d%zu.example\nmailbox a@d%zu.example\nmailbox b@d%zu.example\n", i, i, i);
        fprintf(out, "alias all@example.com a@d%zu.example\nalias all@example.com b@d%zu.example\n", i, i);
    }
    fprintf(out, "alias all@example.com nobody@d0.example\nalias all@example.com x@elsewhere.example\n");
    fclose(out);
    load(text);
    free(text);
    assert_int_equal(expansion_make(rows, SLICE("all"), SLICE("example.com"), &expansion), EXPANSION_OK);
    while (expansion_next_domain(&expansion, &led)) {
        met++;
        crowded += led.crowded;
        repeated += led.repeated;
    }
    assert_true(met >= 80 && met <= 81); // nobody@d0.example: verify_recipients vouches for it
    assert_int_equal(led.count, EXPANSION_DOMAINS_MAX);
    assert_int_equal(crowded, 2 * (40 - EXPANSION_DOMAINS_MAX));
    assert_int_equal(met - crowded - repeated, EXPANSION_DOMAINS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_h4_aliases_that_name_each_other_end_soon, tear_down),
        cmocka_unit_test_teardown(test_h4_overlapping_groups_are_served, tear_down),
        cmocka_unit_test_teardown(test_m2_all_domains_of_an_alias_are_met, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
