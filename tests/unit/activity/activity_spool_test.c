// SPDX-License-Identifier: BSD-2-Clause
#include "activity/activity_spool.h"

#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[256], beside[300];
static struct activity_batch *one, *other;

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/spool", scratch_make());
    snprintf(beside, sizeof beside, "%s.new", path);
    one = activity_batch_create("n:1", 1);
    other = activity_batch_create("n:1", 2);
    return activity_batch_add(one, SLICE("a.example 2026-01-01 passed"), 1) &&
                   activity_batch_add(other, SLICE("b.example 2026-01-01 passed"), 2)
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    activity_batch_destroy(one);
    activity_batch_destroy(other);
    scratch_remove();
    return 0;
}

static unsigned count_batches(void)
{
    unsigned count = 0;
    struct activity_batch *list = activity_spool_read(path);
    while (list) {
        struct activity_batch *next = list->next;
        activity_batch_destroy(list);
        list = next;
        count++;
    }
    return count;
}

static void test_comes_back(void **state)
{
    struct stat st;
    (void)state;
    assert_null(activity_spool_read(path));
    assert_true(activity_spool_writable(path));
    assert_null(activity_spool_read(path));
    assert_true(activity_spool_write(path, one, other, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(count_batches(), 2);
    assert_true(activity_spool_write(path, NULL, other, ACTIVITY_SPOOL_UNSYNCED));
    assert_int_equal(count_batches(), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(beside, F_OK), -1);
    activity_spool_remove(path);
    activity_spool_remove(path);
    assert_null(activity_spool_read(path));
}

static void test_an_empty_current_batch_is_left_out(void **state)
{
    struct activity_batch *empty = activity_batch_create("n:1", 3);
    (void)state;
    assert_true(activity_spool_write(path, one, empty, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(count_batches(), 1);
    assert_true(activity_spool_write(path, one, NULL, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(count_batches(), 1);
    activity_batch_destroy(empty);
}

// The temporary file of a killed process does no harm.
static void test_left_over_half_is_replaced(void **state)
{
    FILE *half = fopen(beside, "we");
    (void)state;
    fputs("batch n:9 9\nz.example 2026-01-01 passed 100000\n", half);
    fclose(half);
    assert_true(activity_spool_write(path, one, NULL, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(count_batches(), 1);
    assert_int_equal(access(beside, F_OK), -1);
}

static void test_folder_is_missing(void **state)
{
    (void)state;
    errno = 0;
    assert_false(activity_spool_write("/nowhere/at/all", one, NULL, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(errno, ENOENT);
    assert_false(activity_spool_writable("/nowhere/at/all"));
    assert_int_equal(errno, ENOENT);
    assert_null(activity_spool_read("/nowhere/at/all"));
}

static void test_path_is_too_long(void **state)
{
    char longer[5000];
    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    longer[0] = '/';
    assert_false(activity_spool_write(longer, one, NULL, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(errno, ENAMETOOLONG);
}

// The old file stays when the disk is full; here a limit of the file size has the same effect.
static void test_disk_is_full(void **state)
{
    struct rlimit old, none = {.rlim_cur = 20, .rlim_max = RLIM_INFINITY};
    (void)state;
    assert_true(activity_spool_write(path, one, NULL, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    none.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const bool written = activity_spool_write(path, one, other, ACTIVITY_SPOOL_SYNCED);
    const int failure = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(written);
    assert_int_equal(failure, EFBIG);
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(count_batches(), 1);
}

static void test_follows_no_link(void **state)
{
    char target[300];
    (void)state;
    snprintf(target, sizeof target, "%s.target", path);
    assert_int_equal(symlink(target, beside), 0);
    assert_false(activity_spool_write(path, one, NULL, ACTIVITY_SPOOL_SYNCED));
    assert_int_equal(access(target, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_comes_back),
        TEST(test_an_empty_current_batch_is_left_out),
        TEST(test_left_over_half_is_replaced),
        TEST(test_folder_is_missing),
        TEST(test_path_is_too_long),
        TEST(test_disk_is_full),
        TEST(test_follows_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
