// SPDX-License-Identifier: BSD-2-Clause
// Merging against a naive model: after every merge the replica holds exactly the rows that were given.
#include "directory/directory.h"
#include "directory/replica_writer.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 300
#define MAP_SIZE ((size_t)64 << 20)

static const char *path;
static struct replica_writer *writer;

// The model: of alias address and target, whether there is such a row.
#define ADDRESSES 40
#define TARGETS 12
static bool aliases[ADDRESSES][TARGETS];

// And of a mailbox its quota; -2 where there is none.
static int64_t quotas[KEYS];

// And of a domain its alternate name; -1 where there is no domain, 0 where it has none.
static int alternates[KEYS];

static int set_up(void **state)
{
    struct problem problem;

    (void)state;
    path = scratch_make();
    memset(aliases, 0, sizeof(aliases));
    for (int i = 0; i < KEYS; i++) {
        quotas[i] = -2;
        alternates[i] = -1;
    }
    assert_int_equal(replica_writer_create(path, MAP_SIZE, &writer, &problem), REPLICA_WRITER_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    replica_writer_destroy(writer);
    scratch_remove();
    return 0;
}

static struct slice text(char *out, size_t size, const char *format, int number)
{
    snprintf(out, size, format, number);
    return slice_from(out);
}

static void give_mailbox(int key)
{
    union schema_row row = {
        .mailbox = {.domain = SLICE("example.com"), .quota = quotas[key], .expiry_days = -1}};
    char address[64];

    row.mailbox.address = text(address, sizeof(address), "user%04d@example.com", key);
    replica_writer_merge_row(writer, &row);
}

static void give_domain(int key)
{
    union schema_row row = {.domain = {.plan = SLICE("basic")}};
    char name[64], alternate[64];

    row.domain.name = text(name, sizeof(name), "d%04d.example", key);
    if (alternates[key] > 0)
        row.domain.alternate_name = text(alternate, sizeof(alternate), "alt%04d.example", alternates[key]);
    replica_writer_merge_row(writer, &row);
}

static void give_alias(int address, int target)
{
    union schema_row row = {.alias = {{NULL, 0}, {NULL, 0}}};
    char a[64], t[64];

    row.alias.address = text(a, sizeof(a), "info%d@example.com", address);
    row.alias.target = text(t, sizeof(t), "user%d@example.com", target);
    replica_writer_merge_row(writer, &row);
}

static struct replica_writer_merged merge_all(int which, void (*give)(int key), bool (*has)(int key),
                                              bool backwards)
{
    replica_writer_merge_begin(writer, (enum directory_kind)which, NULL);
    for (int i = 0; i < KEYS; i++) {
        int key = backwards ? KEYS - 1 - i : i;

        if (has(key))
            give(key);
    }
    return replica_writer_merge_end(writer);
}

static bool has_mailbox(int key)
{
    return quotas[key] != -2;
}

static bool has_domain(int key)
{
    return alternates[key] != -1;
}

static void change_model(void)
{
    int share = rand() % 100;

    for (int i = 0; i < KEYS; i++) {
        if (rand() % 100 >= share)
            continue;
        quotas[i] = rand() % 3 == 0 ? -2 : rand() % 5;
        alternates[i] = rand() % 3 == 0 ? -1 : rand() % 2 ? i + 1 : 0;
    }
}

static void check_mailbox(const struct directory_snapshot *rows, int key)
{
    struct mailbox_row row;
    char address[64];
    enum directory_rc rc =
        directory_mailbox(rows, text(address, sizeof(address), "user%04d@example.com", key), &row);

    assert_int_equal(rc, quotas[key] == -2 ? DIRECTORY_NOT_FOUND : DIRECTORY_OK);
    if (rc == DIRECTORY_OK)
        assert_int_equal(row.quota, quotas[key]);
}

static void check_domain(const struct directory_snapshot *rows, int key)
{
    struct domain_row row;
    char name[64];

    assert_int_equal(directory_domain(rows, text(name, sizeof(name), "d%04d.example", key), &row),
                     alternates[key] == -1 ? DIRECTORY_NOT_FOUND : DIRECTORY_OK);
    assert_int_equal(directory_domain_of(rows, text(name, sizeof(name), "alt%04d.example", key + 1), &row),
                     alternates[key] == key + 1 ? DIRECTORY_OK : DIRECTORY_NOT_FOUND);
}

static void check_replica(void)
{
    struct directory *directory = directory_create(path);
    const struct directory_snapshot *rows;

    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    for (int i = 0; i < KEYS; i++) {
        check_mailbox(rows, i);
        check_domain(rows, i);
    }
    directory_end(directory);
    directory_destroy(directory);
}

static void full_merges_equal_the_model(void **state)
{
    (void)state;
    srand(3);
    for (int round = 0; round < 60; round++) {
        struct replica_writer_merged merged;
        size_t mailboxes = 0;

        change_model();
        assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
        merged = merge_all(DIRECTORY_MAILBOX, give_mailbox, has_mailbox, round % 5 == 4);
        merge_all(DIRECTORY_DOMAIN, give_domain, has_domain, round % 5 == 3);
        for (int i = 0; i < KEYS; i++)
            mailboxes += has_mailbox(i);
        assert_int_equal(merged.kept + merged.written, mailboxes);
        assert_int_equal(replica_writer_count(writer, DIRECTORY_MAILBOX), mailboxes);
        assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
        check_replica();
    }
}

static void equal_rows_are_not_written(void **state)
{
    struct replica_writer_merged merged;

    (void)state;
    for (int i = 0; i < KEYS; i++)
        quotas[i] = i;
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    merged = merge_all(DIRECTORY_MAILBOX, give_mailbox, has_mailbox, false);
    assert_int_equal(merged.written, KEYS);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    quotas[7] = -2;
    quotas[8] = 99;
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    merged = merge_all(DIRECTORY_MAILBOX, give_mailbox, has_mailbox, false);
    assert_int_equal(merged.kept, KEYS - 2);
    assert_int_equal(merged.written, 1);
    assert_int_equal(merged.deleted, 1);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    check_replica();
}

static void check_aliases(void)
{
    struct directory *directory = directory_create(path);
    const struct directory_snapshot *rows;

    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    for (int a = 0; a < ADDRESSES; a++) {
        size_t expected = 0, found = 0;
        char address[64];
        struct slice target;

        for (int t = 0; t < TARGETS; t++)
            expected += aliases[a][t];
        text(address, sizeof(address), "info%d@example.com", a);
        while (directory_alias(rows, slice_from(address), found, &target) == DIRECTORY_OK)
            found++;
        assert_int_equal(found, expected);
    }
    directory_end(directory);
    directory_destroy(directory);
}

// One address at a time, as a change in the log names it: the others stay as they are.
static void groups_are_merged_alone(void **state)
{
    (void)state;
    srand(4);
    for (int round = 0; round < 200; round++) {
        int a = rand() % ADDRESSES;
        char address[64];
        struct slice group = text(address, sizeof(address), "info%d@example.com", a);

        assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
        replica_writer_merge_begin(writer, DIRECTORY_ALIAS, &group);
        for (int t = 0; t < TARGETS; t++) {
            aliases[a][t] = rand() % 2;
            if (aliases[a][t])
                give_alias(a, t);
        }
        replica_writer_merge_end(writer);
        assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
        if (round % 10 == 9)
            check_aliases();
    }
}

static void longer_names_are_of_no_group(void **state)
{
    struct slice group = SLICE("example.co");
    struct problem problem;

    (void)state;
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    assert_true(rows_put(writer, "domain example.co\ndomain example.com\n", &problem));
    replica_writer_merge_begin(writer, DIRECTORY_DOMAIN, &group);
    assert_int_equal(replica_writer_merge_end(writer).deleted, 1);
    assert_int_equal(replica_writer_count(writer, DIRECTORY_DOMAIN), 1);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
}

static void bad_rows_keep_the_last_good_one(void **state)
{
    struct slice address = SLICE("user0003@example.com");
    struct replica_writer_merged merged;

    (void)state;
    for (int i = 0; i < 6; i++)
        quotas[i] = i;
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    merge_all(DIRECTORY_MAILBOX, give_mailbox, has_mailbox, false);
    replica_writer_merge_begin(writer, DIRECTORY_MAILBOX, NULL);
    give_mailbox(1);
    replica_writer_merge_keep(writer, address, address);
    give_mailbox(5);
    merged = replica_writer_merge_end(writer);
    assert_int_equal(merged.kept, 3);
    assert_int_equal(merged.deleted, 3);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    quotas[0] = quotas[2] = quotas[4] = -2;
    check_replica();
}

static void aborted_merge_leaves_all(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS; i++)
        quotas[i] = i;
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    merge_all(DIRECTORY_MAILBOX, give_mailbox, has_mailbox, false);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    replica_writer_merge_begin(writer, DIRECTORY_MAILBOX, NULL);
    replica_writer_abort(writer); // in the middle of it
    check_replica();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(full_merges_equal_the_model),     CASE(equal_rows_are_not_written),
        CASE(groups_are_merged_alone),         CASE(longer_names_are_of_no_group),
        CASE(bad_rows_keep_the_last_good_one), CASE(aborted_merge_leaves_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
