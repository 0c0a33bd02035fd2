// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/follow/log_follow.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], log_path[96], old_path[96], older_path[96];
static int64_t now = 1;
static const struct log_follow_place nowhere = {.position = 0};

static void write_to(const char *path, const char *text)
{
    FILE *out = fopen(path, "a");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

// Files of one moment have an order by their times of change.
static void set_age(const char *path, int seconds)
{
    const struct timespec times[2] = {{.tv_sec = 1700000000 - seconds}, {.tv_sec = 1700000000 - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/follow_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(log_path, sizeof log_path, "%s/mail.log", folder);
    snprintf(old_path, sizeof old_path, "%s/mail.log.1", folder);
    snprintf(older_path, sizeof older_path, "%s/mail.log.2", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(log_path);
    unlink(old_path);
    unlink(older_path);
    return rmdir(folder);
}

// The next lines, as "line@position line@position"; parts have a "+", gaps are "GAP".
static const char *read_all(struct log_follow *follow)
{
    static char out[4096];
    out[0] = '\0';
    for (int waits = 0; waits < 8;) {
        struct slice line;
        int64_t position;
        char one[256] = "";
        const enum log_follow_rc rc = log_follow_next(follow, now, &line, &position);
        if (rc == LOG_FOLLOW_WAIT) {
            waits++;
            now += 1000;
            continue;
        }
        if (rc == LOG_FOLLOW_GAP)
            snprintf(one, sizeof one, "GAP");
        else if (rc == LOG_FOLLOW_FAILED)
            snprintf(one, sizeof one, "FAILED");
        else
            snprintf(one, sizeof one, "%.*s%s@%lld", (int)line.len, line.ptr,
                     rc == LOG_FOLLOW_PART ? "+" : "", (long long)position);
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", out[0] ? " " : "", one);
    }
    return out;
}

static struct log_follow *begin(const struct log_follow_place *replay, const struct log_follow_place *place)
{
    return log_follow_create(log_path, replay, place);
}

static void lines_as_they_come(void **state)
{
    (void)state;
    struct log_follow *follow = begin(&nowhere, &nowhere);
    assert_string_equal(read_all(follow), ""); // no log yet
    write_to(log_path, "One\nTw");
    assert_string_equal(read_all(follow), "One@0");
    write_to(log_path, "o\nThree\n");
    assert_string_equal(read_all(follow), "Two@4 Three@8");
    log_follow_destroy(follow);
}

static void a_renamed_file_is_read_to_its_end(void **state)
{
    (void)state;
    write_to(log_path, "One\n");
    struct log_follow *follow = begin(&nowhere, &nowhere);
    assert_string_equal(read_all(follow), "One@0");
    rename(log_path, old_path);
    write_to(old_path, "Two\n"); // by who has it open
    set_age(old_path, 10);
    assert_string_equal(read_all(follow), "Two@4");
    write_to(log_path, "Three\n");
    assert_string_equal(read_all(follow), "Three@8");
    log_follow_destroy(follow);
}

static void a_line_may_be_cut(void **state)
{
    (void)state;
    write_to(log_path, "One\nTw");
    struct log_follow *follow = begin(&nowhere, &nowhere);
    assert_string_equal(read_all(follow), "One@0");
    rename(log_path, old_path);
    set_age(old_path, 10);
    write_to(log_path, "o\nThree\n");
    assert_string_equal(read_all(follow), "Tw+@4 o@6 Three@8");
    log_follow_destroy(follow);
}

static void copy(const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof command, "cp %s %s", from, to);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
}

static void copytruncate_loses_nothing_that_was_copied(void **state)
{
    (void)state;
    write_to(log_path, "One\n");
    struct log_follow *follow = begin(&nowhere, &nowhere);
    assert_string_equal(read_all(follow), "One@0");
    write_to(log_path, "Two\nThree\n");
    copy(log_path, old_path);
    set_age(old_path, 10);
    assert_int_equal(truncate(log_path, 0), 0);
    write_to(log_path, "Four\n");
    assert_string_equal(read_all(follow), "Two@4 Three@8 Four@14");
    // It has grown beyond the old place meanwhile.
    unlink(old_path);
    assert_int_equal(truncate(log_path, 0), 0);
    write_to(log_path, "A new and longer beginning\n");
    assert_string_equal(read_all(follow), "GAP A new and longer beginning@19");
    log_follow_destroy(follow);
}

// It is truncated between two reads, and grows beyond what was read before anybody looks.
static void copytruncate_in_the_middle_of_reading(void **state)
{
    struct slice line;
    int64_t position;
    (void)state;
    write_to(log_path, "One\n");
    struct log_follow *follow = begin(&nowhere, &nowhere);
    assert_int_equal(log_follow_next(follow, now, &line, &position), LOG_FOLLOW_LINE);
    write_to(log_path, "Two\n");
    copy(log_path, old_path);
    set_age(old_path, 10);
    assert_int_equal(truncate(log_path, 0), 0);
    write_to(log_path, "Three\nFour\n");
    assert_string_equal(read_all(follow), "Two@4 Three@8 Four@14");
    log_follow_destroy(follow);
}

static void it_goes_on_where_it_was(void **state)
{
    struct log_follow_place place, replay;
    (void)state;
    write_to(log_path, "One\nTwo\nThree\n");
    struct log_follow *follow = begin(&nowhere, &nowhere);
    assert_string_equal(read_all(follow), "One@0 Two@4 Three@8");
    log_follow_find(follow, 8, &place);
    log_follow_find(follow, 4, &replay);
    log_follow_destroy(follow);
    follow = begin(&place, &place);
    assert_string_equal(read_all(follow), "Three@8");
    log_follow_destroy(follow);
    // Rotated twice meanwhile.
    rename(log_path, older_path);
    set_age(older_path, 20);
    write_to(old_path, "Four\n");
    set_age(old_path, 10);
    write_to(log_path, "Five\n");
    follow = begin(&replay, &place);
    assert_string_equal(read_all(follow), "Two@4 Three@8 Four@14 Five@19");
    log_follow_find(follow, 19, &place);
    assert_int_equal(place.offset, 0);
    log_follow_find(follow, 16, &place);
    assert_int_equal(place.offset, 2);
    log_follow_destroy(follow);
    // The file is gone.
    unlink(older_path);
    log_follow_find(follow = begin(&replay, &replay), 4, &place);
    assert_string_equal(read_all(follow), "GAP Five@4");
    log_follow_destroy(follow);
}

static void long_lines_end(void **state)
{
    char *text = malloc(100002);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', 100000);
    memcpy(text + 100000, "\n", 2);
    write_to(log_path, text);
    write_to(log_path, "Two\n");
    struct log_follow *follow = begin(&nowhere, &nowhere);
    struct slice line;
    int64_t position;
    assert_int_equal(log_follow_next(follow, now, &line, &position), LOG_FOLLOW_LINE);
    assert_int_equal(line.len, LOG_FILE_LINE_MAX);
    assert_string_equal(read_all(follow), "Two@100001");
    log_follow_destroy(follow);
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lines_as_they_come),
        TEST(a_renamed_file_is_read_to_its_end),
        TEST(a_line_may_be_cut),
        TEST(it_goes_on_where_it_was),
        TEST(copytruncate_loses_nothing_that_was_copied),
        TEST(copytruncate_in_the_middle_of_reading),
        TEST(long_lines_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
