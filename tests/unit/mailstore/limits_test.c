// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/limits/limits_file.h"
#include "mailstore/limits/limits_line.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct plan_row plan = {.mailbox_quota = 1000, .vip_quota = 2000, .candidate_quota = 100};

static void line_of(struct slice input, char out[CASE_ANSWER_MAX])
{
    char line[LIMITS_LINE_MAX] = "";
    unsigned shard = 0;
    struct slice address, words, word;
    struct mailbox_row row = {.quota = -1};
    slice_split_last(input, ' ', &address, &words);
    if (!words.len)
        address = input;
    row.address = address;
    while (words.len) {
        unsigned long long number;
        slice_split(words, ',', &word, &words);
        if (slice_number(word, INT64_MAX, &number))
            row.quota = (int64_t)number;
        row.vip = row.vip || slice_equal(word, SLICE("vip"));
        row.candidate = row.candidate || slice_equal(word, SLICE("candidate"));
        row.blocked = row.blocked || slice_equal(word, SLICE("blocked"));
        row.reads_undelivered = row.reads_undelivered || slice_equal(word, SLICE("undelivered"));
    }
    const size_t len = limits_line(&row, &plan, line, &shard);
    if (len == 0)
        snprintf(out, CASE_ANSWER_MAX, "none");
    else
        snprintf(out, CASE_ANSWER_MAX, "%02x %.*s", shard, (int)len - 1, line);
}

static void test_lines(void **state)
{
    (void)state;
    case_lines_check("mailstore/limits.cases", line_of);
}

// Dovecot compares seconds and the size: two writes within a second must differ all the same.
static void test_time_grows(void **state)
{
    char folder[] = "/tmp/limits_test.XXXXXX", path[64];
    struct stat first, second;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/0a", folder);
    assert_true(limits_file_write(folder, 10, SLICE("one\n")));
    assert_int_equal(stat(path, &first), 0);
    assert_true(limits_file_write(folder, 10, SLICE("two\n")));
    assert_int_equal(stat(path, &second), 0);
    assert_true(second.st_mtime > first.st_mtime);
    assert_int_equal(second.st_mode & 0777, 0640);
    unlink(path);
    limits_file_clean(folder);
    assert_int_equal(rmdir(folder), 0);
    assert_false(limits_file_write(folder, 10, SLICE("three\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_time_grows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
