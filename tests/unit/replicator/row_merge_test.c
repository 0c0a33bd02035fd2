// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/row_merge.h"

#include "directory/directory.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MAP_SIZE ((size_t)16 << 20)

static const char *path;
static struct replica_writer *writer;

static int set_up(void **state)
{
    struct problem problem;

    (void)state;
    path = scratch_make();
    assert_int_equal(replica_writer_create(path, MAP_SIZE, &writer, &problem), REPLICA_WRITER_OK);
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    assert_true(rows_put(writer,
                         "alias a@x.example 1@y.example\nalias a@x.example 2@y.example\n"
                         "alias b@x.example 1@y.example\nalias c@x.example 1@y.example\n",
                         &problem));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    replica_writer_destroy(writer);
    scratch_remove();
    return 0;
}

static void give(struct row_merge *merge, struct slice address, struct slice target)
{
    struct slice texts[] = {address, target};

    row_merge_row(merge, texts);
}

static size_t count_targets(struct slice address)
{
    struct directory *directory = directory_create(path);
    const struct directory_snapshot *rows;
    struct slice target;
    size_t count = 0;

    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    while (directory_alias(rows, address, count, &target) == DIRECTORY_OK)
        count++;
    directory_end(directory);
    directory_destroy(directory);
    return count;
}

static void keys_are_read_again(void **state)
{
    struct slice keys[] = {SLICE("a@x.example"), SLICE("aa@x.example"), SLICE("b@x.example"),
                           SLICE("d@x.example")};
    struct row_merge merge;

    (void)state;
    row_merge_begin(&merge, writer, DIRECTORY_ALIAS, keys, 4);
    give(&merge, keys[0], SLICE("2@y.example"));
    give(&merge, keys[0], SLICE("3@y.example"));
    give(&merge, SLICE("c@x.example"), SLICE("9@y.example")); // nobody asked for it
    give(&merge, keys[3], SLICE("1@y.example"));
    row_merge_end(&merge);
    assert_int_equal(merge.merged.kept, 1);
    assert_int_equal(merge.merged.written, 2);
    assert_int_equal(merge.merged.deleted, 2);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    assert_int_equal(count_targets(keys[0]), 2);
    assert_int_equal(count_targets(keys[2]), 0);
    assert_int_equal(count_targets(SLICE("c@x.example")), 1);
    assert_int_equal(count_targets(keys[3]), 1);
}

static void all_rows_replace_all(void **state)
{
    struct row_merge merge;

    (void)state;
    row_merge_begin(&merge, writer, DIRECTORY_ALIAS, NULL, 0);
    give(&merge, SLICE("b@x.example"), SLICE("1@y.example"));
    row_merge_end(&merge);
    assert_int_equal(merge.merged.kept, 1);
    assert_int_equal(merge.merged.deleted, 3);
}

static void test_m4_a_change_of_a_white_list_names_one_entry(void **state)
{
    struct slice keys[] = {SLICE("x.example 192.0.2.1"), SLICE("x.example 192.0.2.2"),
                           SLICE("y.example host:a.example")};
    struct problem problem;
    struct row_merge merge;

    (void)state;
    assert_true(rows_put(writer,
                         "whitelist x.example 192.0.2.0\nwhitelist x.example 192.0.2.1\n"
                         "whitelist y.example host:a.example\n",
                         &problem));
    row_merge_begin(&merge, writer, DIRECTORY_WHITELIST, keys, 3);
    give(&merge, SLICE("x.example"), SLICE("192.0.2.2"));
    give(&merge, SLICE("y.example"), SLICE("host:a.example"));
    give(&merge, SLICE("z.example"), SLICE("host:a.example")); // nobody asked for it
    row_merge_end(&merge);
    assert_int_equal(merge.merged.kept, 1);
    assert_int_equal(merge.merged.written, 1);
    assert_int_equal(merge.merged.deleted, 1);
    assert_int_equal(replica_writer_count(writer, DIRECTORY_WHITELIST), 3);
}

// Two slices: what is stored within one and did not come is gone, what is stored after it is the next one's.
static void test_m4_slices_replace_what_lies_in_them(void **state)
{
    struct row_merge merge;

    (void)state;
    row_merge_begin_after(&merge, writer, DIRECTORY_ALIAS, SLICE(""), SLICE(""));
    give(&merge, SLICE("a@x.example"), SLICE("2@y.example"));
    give(&merge, SLICE("aa@x.example"), SLICE("1@y.example"));
    row_merge_stop(&merge);
    assert_int_equal(merge.merged.kept, 1);
    assert_int_equal(merge.merged.written, 1);
    assert_int_equal(merge.merged.deleted, 1);
    assert_int_equal(replica_writer_count(writer, DIRECTORY_ALIAS), 4);
    row_merge_begin_after(&merge, writer, DIRECTORY_ALIAS, SLICE("aa@x.example"), SLICE("1@y.example"));
    give(&merge, SLICE("c@x.example"), SLICE("1@y.example"));
    give(&merge, SLICE("d@x.example"), SLICE("1@y.example"));
    row_merge_end(&merge);
    assert_int_equal(merge.merged.kept, 1);
    assert_int_equal(merge.merged.written, 1);
    assert_int_equal(merge.merged.deleted, 1);
    assert_int_equal(replica_writer_count(writer, DIRECTORY_ALIAS), 4);
}

static void bad_rows_are_counted(void **state)
{
    struct slice keys[] = {SLICE("a@x.example")};
    struct row_merge merge;

    (void)state;
    row_merge_begin(&merge, writer, DIRECTORY_ALIAS, keys, 1);
    give(&merge, keys[0], SLICE("1@y.example"));
    give(&merge, keys[0], SLICE("no address"));
    row_merge_end(&merge);
    assert_int_equal(merge.bad, 1);
    assert_int_equal(merge.merged.kept, 1);
    assert_int_equal(merge.merged.deleted, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keys_are_read_again),
        CASE(all_rows_replace_all),
        CASE(test_m4_a_change_of_a_white_list_names_one_entry),
        CASE(test_m4_slices_replace_what_lies_in_them),
        CASE(bad_rows_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
