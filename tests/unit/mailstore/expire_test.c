// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/expire/expire.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t read_number(struct slice text)
{
    unsigned long long number;
    assert_true(slice_number(text, INT64_MAX, &number));
    return (int64_t)number;
}

static void read_mail(struct slice list, struct expire_ages *ages)
{
    while (list.len) {
        struct slice message, days, bytes;
        slice_split(list, ',', &message, &list);
        assert_true(slice_split(message, ':', &days, &bytes));
        const bool flagged = days.ptr[days.len - 1] == 'f';
        days.len -= flagged;
        expire_add(ages, read_number(days) * 86400 + 5, flagged, (uint64_t)read_number(bytes));
    }
}

static void read_word(struct slice name, struct slice value, struct expire_box *box, struct expire_ages *ages)
{
    const struct {
        const char *name;
        int64_t *at;
    } numbers[] = {{"days", &box->days},
                   {"effective", &box->effective},
                   {"floor", &box->floor_days},
                   {"quota", &box->quota},
                   {"room", &box->room}};
    if (slice_equal(name, SLICE("mail")))
        read_mail(value, ages);
    else if (slice_equal(name, SLICE("keep")))
        box->keep_flagged = false;
    else if (slice_equal(name, SLICE("raise")))
        box->may_raise = true;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (slice_equal(name, slice_from(numbers[i].name)))
            *numbers[i].at = read_number(value);
}

static void decide(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct expire_box box = {.days = 90, .effective = 90, .floor_days = 3, .keep_flagged = true};
    struct expire_ages *ages = calloc(1, sizeof *ages);
    assert_non_null(ages);
    while (input.len) {
        struct slice word, name, value;
        slice_split(input, ' ', &word, &input);
        slice_split(word, '=', &name, &value);
        read_word(name, value, &box, ages);
    }
    const struct expire_decision made = expire_decide(&box, ages);
    snprintf(out, CASE_ANSWER_MAX, "%lld left %llu%s%s", (long long)made.effective,
             (unsigned long long)made.left, made.flagged_too ? " flagged" : "",
             made.over_quota ? " full" : "");
    free(ages);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("mailstore/expire.cases", decide);
}

static uint64_t count_kept(const struct expire_ages *ages, int64_t days, bool flagged_too)
{
    uint64_t left = 0;
    for (int64_t day = 0; day <= EXPIRE_DAYS_MAX; day++)
        left += (day < days ? ages->plain[day] : 0) + (day < days || !flagged_too ? ages->flagged[day] : 0);
    return left;
}

// Whatever the mail: never below the floor nor above what is wanted, and no more is taken than the room
// needs.
static void test_random(void **state)
{
    struct expire_ages *ages = calloc(1, sizeof *ages);
    (void)state;
    assert_non_null(ages);
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        memset(ages, 0, sizeof *ages);
        struct expire_box box = {.days = 1 + rand() % 100, .floor_days = 3, .quota = 1000 + rand() % 9000};
        box.effective = 1 + rand() % 100;
        box.room = box.quota / 10;
        box.keep_flagged = rand() % 2;
        for (unsigned i = 0; i < 30; i++)
            expire_add(ages, rand() % (120 * 86400), rand() % 4 == 0, (uint64_t)(rand() % 900));
        const struct expire_decision made = expire_decide(&box, ages);
        const int64_t before = box.effective < box.days ? box.effective : box.days;
        assert_true(made.effective <= before && made.effective >= (before < 3 ? before : 3));
        assert_int_equal(made.left, count_kept(ages, made.effective, made.flagged_too));
        if (made.effective < before)
            assert_true(count_kept(ages, made.effective + 1, made.flagged_too) >
                        (uint64_t)(box.quota - box.room));
    }
    free(ages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
