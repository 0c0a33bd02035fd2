// SPDX-License-Identifier: BSD-2-Clause
// Runs the cases of a file: spf_cases_check FILE COUNT; each with all answers at once, and again from
// nothing, learning answers as they are asked for, in three manners. COUNT is how many cases the file must
// have.
#include "base/clock.h"
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *path;
static int expected_cases;

struct known {
    struct zone *zone;
    unsigned count;
    struct spf_question questions[SPF_QUESTIONS_MAX];
};

static bool knows(const struct known *known, const struct spf_question *question)
{
    for (unsigned i = 0; i < known->count; i++)
        if (known->questions[i].type == question->type &&
            strcmp(known->questions[i].name, question->name) == 0)
            return true;
    return false;
}

static const struct dns_answer *find_known(void *arg, const struct spf_question *question)
{
    struct known *known = arg;
    return knows(known, question) ? zone_find(known->zone, question) : NULL;
}

// Number of questions that are answered before the next call.
static unsigned only_first(const struct spf_needs *needs)
{
    (void)needs;
    return 1;
}

static unsigned all_of_them(const struct spf_needs *needs)
{
    return needs->count;
}

static unsigned some_of_them(const struct spf_needs *needs)
{
    return 1 + (unsigned)random() % needs->count;
}

static void check_stepwise(const struct spf_case *it, unsigned (*take)(const struct spf_needs *),
                           struct spf_verdict *out)
{
    struct known known = {.zone = it->zone};
    struct spf_answers answers = {.find = find_known, .arg = &known};
    struct spf_needs needs;
    while (spf_check(&it->request, &answers, out, &needs) == SPF_WAITING) {
        assert_true(needs.count > 0 && needs.count <= SPF_NEEDS_MAX);
        for (unsigned i = 0, end = take(&needs); i < end; i++) {
            assert_false(knows(&known, &needs.questions[i]));
            assert_true(known.count < SPF_QUESTIONS_MAX);
            known.questions[known.count++] = needs.questions[i];
        }
    }
}

static bool same(const struct spf_verdict *a, const struct spf_verdict *b)
{
    return a->result == b->result && a->problem == b->problem && a->wide == b->wide && a->terms == b->terms &&
           a->voids == b->voids && a->queries == b->queries && strcmp(a->domain, b->domain) == 0 &&
           strcmp(a->record_domain, b->record_domain) == 0 && strcmp(a->term, b->term) == 0 &&
           strcmp(a->explanation, b->explanation) == 0 && strcmp(a->trace, b->trace) == 0;
}

static bool check_case(const struct cases *cases, const struct spf_case *it)
{
    unsigned (*const manners[])(const struct spf_needs *) = {only_first, all_of_them, some_of_them};
    struct spf_answers answers = {.find = zone_answer, .arg = it->zone};
    struct spf_verdict verdict, again;
    struct spf_needs needs;
    assert_int_equal(spf_check(&it->request, &answers, &verdict, &needs), SPF_DONE);
    bool holds = cases_holds(cases, it, &verdict);
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        check_stepwise(it, manners[i], &again);
        if (!same(&verdict, &again)) {
            print_error("%s:%d: %s: another verdict in manner %zu\n%s%s", cases->path, cases->line, it->title,
                        i, verdict.trace, again.trace);
            holds = false;
        }
    }
    return holds;
}

static void test_cases(void **state)
{
    struct cases cases;
    struct spf_case it;
    int count = 0, right = 0;
    (void)state;
    clock_set(1700000000, 0);
    cases_open(&cases, path);
    for (; cases_next(&cases, &it); count++)
        right += check_case(&cases, &it);
    cases_close(&cases);
    print_message("%s: %d of %d\n", path, right, count);
    assert_int_equal(right, count);
    assert_int_equal(count, expected_cases);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    if (argc != 3)
        return 2;
    path = argv[1];
    expected_cases = atoi(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
