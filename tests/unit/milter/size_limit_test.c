// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the limits: tests/cases/milter/size_limit.cases with the rows of size_limit.rows.
#include "case_lines.h"
#include "file_text.h"
#include "milter/decide/size_limit.h"
#include "rows.h"
#include "scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct directory *directory;
static const struct directory_snapshot *snapshot;

static void open_rows(const char *text)
{
    struct problem problem;
    const char *path = scratch_make();
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &snapshot), DIRECTORY_OK);
}

static int teardown(void **state)
{
    (void)state;
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static int setup(void **state)
{
    char *text = file_text_read(EMG_CASES "/milter/size_limit.rows");
    (void)state;
    open_rows(text);
    free(text);
    return 0;
}

static void measure(const struct domain_row *domain, struct slice local, struct size_limit *out)
{
    static struct expansion expansion;
    (void)(expansion_make_at(snapshot, local, domain, &expansion) == EXPANSION_OK);
    size_limit_of_expansion(snapshot, &expansion, out);
}

static void explain(struct slice address, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {[SIZE_LIMIT_NO_ROW] = "no row",
                                        [SIZE_LIMIT_PLAN] = "plan",
                                        [SIZE_LIMIT_VIP] = "plan, vip",
                                        [SIZE_LIMIT_MAILBOX] = "mailbox"};
    struct slice local, name = SLICE("");
    struct domain_row domain;
    struct size_limit limit;
    assert_true(slice_split_last(address, '@', &local, &name));
    assert_int_equal(directory_domain_of(snapshot, name, &domain), DIRECTORY_OK);
    measure(&domain, local, &limit);
    snprintf(out, CASE_ANSWER_MAX, "%" PRId64 " %s %.*s", limit.bytes, words[limit.row], (int)limit.key.len,
             limit.key.ptr);
}

// "to ADDRESS", "why ADDRESS", "from LOGIN" or "largest"
static void answer(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice way, address, local, name = SLICE("");
    struct domain_row domain;
    int64_t limit;
    (void)slice_split(input, ' ', &way, &address);
    if (slice_equal(way, SLICE("why"))) {
        explain(address, out);
        return;
    }
    if (slice_equal(way, SLICE("largest"))) {
        limit = size_limit_largest(snapshot);
    } else if (slice_equal(way, SLICE("from"))) {
        struct mail_address login;
        assert_true(address_read_text(address, &login));
        limit = size_limit_of_sender(snapshot, &login);
    } else {
        assert_true(slice_equal(way, SLICE("to")));
        assert_true(slice_split_last(address, '@', &local, &name));
        assert_int_equal(directory_domain_of(snapshot, name, &domain), DIRECTORY_OK);
        struct size_limit found;
        measure(&domain, local, &found);
        limit = found.bytes;
    }
    if (limit == SIZE_LIMIT_UNLIMITED)
        snprintf(out, CASE_ANSWER_MAX, "unlimited");
    else
        snprintf(out, CASE_ANSWER_MAX, "%" PRId64, limit);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("milter/size_limit.cases", answer);
}

// The setting is added to each limit, unless that exceeds an int64_t.
static void test_slack(void **state)
{
    char out[CASE_ANSWER_MAX];
    (void)state;
    open_rows("setting message_size_slack value=500\n"
              "plan small max_message_size=1000 vip_message_size=2000\n"
              "domain a.example plan=small catchall=true\n"
              "mailbox tiny@a.example max_message_size=300\n");
    answer(SLICE("to tiny@a.example"), out);
    assert_string_equal(out, "800");
    answer(SLICE("to any@a.example"), out);
    assert_string_equal(out, "1500");
    answer(SLICE("from any@a.example"), out);
    assert_string_equal(out, "1500");
    answer(SLICE("largest"), out);
    assert_string_equal(out, "2500");
    answer(SLICE("from any@elsewhere.example"), out);
    assert_string_equal(out, "unlimited");
}

// Like Postfix, the expansion of an alias ends at a thousand addresses.
static void test_long_alias(void **state)
{
    enum { TARGETS = 1500, LINE = 64 };
    char *text = malloc((size_t)(2 * TARGETS + 3) * LINE), out[CASE_ANSWER_MAX];
    size_t len;
    (void)state;
    assert_non_null(text);
    len = (size_t)sprintf(text, "plan small max_message_size=1000 vip_message_size=2000\n"
                                "domain a.example plan=small\nmailbox chain1500@a.example vip=true\n");
    for (int i = 0; i < TARGETS; i++)
        len += (size_t)sprintf(text + len, "alias chain%d@a.example chain%d@a.example\n", i, i + 1);
    open_rows(text);
    free(text);
    answer(SLICE("to chain501@a.example"), out);
    assert_string_equal(out, "2000");
    answer(SLICE("to chain500@a.example"), out);
    assert_string_equal(out, "1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, setup, teardown),
        cmocka_unit_test_teardown(test_slack, teardown),
        cmocka_unit_test_teardown(test_long_alias, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
