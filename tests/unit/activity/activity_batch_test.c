// SPDX-License-Identifier: BSD-2-Clause
#include "activity/activity_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t count_of(const struct activity_batch *batch, const char *key)
{
    struct activity_entry *entry = NULL;
    HASH_FIND_STR(batch->entries, key, entry);
    return entry ? entry->count : 0;
}

static struct activity_batch *read_text(const char *text, size_t len, unsigned *bad)
{
    struct activity_batch *list = NULL;
    FILE *in = tmpfile();
    assert_non_null(in);
    assert_int_equal(fwrite(text, 1, len, in), len);
    rewind(in);
    *bad = activity_batch_read(in, &list);
    fclose(in);
    return list;
}

static void destroy_all(struct activity_batch *list)
{
    while (list) {
        struct activity_batch *next = list->next;
        activity_batch_destroy(list);
        list = next;
    }
}

// Reads `text`, which may hold NUL, and gives how many lines were bad and the sum of all counts.
static void check_damage(const char *text, size_t len, unsigned bad_lines, uint64_t sum)
{
    unsigned bad = 0;
    uint64_t found = 0;
    struct activity_batch *list = read_text(text, len, &bad);
    for (const struct activity_batch *batch = list; batch; batch = batch->next)
        for (const struct activity_entry *entry = batch->entries; entry; entry = entry->hh.next)
            found += entry->count;
    destroy_all(list);
    if (bad != bad_lines || found != sum)
        fail_msg("%u bad lines and a sum of %lu in: %s", bad, (unsigned long)found, text);
}

#define DAMAGED(text, bad_lines, sum) check_damage(text, sizeof(text) - 1, bad_lines, sum)

static void test_adds_up(void **state)
{
    struct activity_batch *batch = activity_batch_create("node:1", 7);
    (void)state;
    assert_true(activity_batch_add(batch, SLICE("example.com 2026-01-02 passed"), 2));
    assert_true(activity_batch_add(batch, SLICE("example.com 2026-01-02 passed"), 3));
    assert_true(activity_batch_add(batch, SLICE("example.com 2026-01-03 passed"), 1));
    assert_int_equal(activity_batch_count(batch), 2);
    assert_int_equal(count_of(batch, "example.com 2026-01-02 passed"), 5);
    activity_batch_destroy(batch);
    activity_batch_destroy(NULL);
}

static void test_refuses_a_key_that_is_too_long(void **state)
{
    char key[ACTIVITY_KEY_MAX];
    struct activity_batch *batch = activity_batch_create("node:1", 7);
    (void)state;
    memset(key, 'x', sizeof key);
    assert_false(activity_batch_add(batch, slice_make(key, sizeof key), 1));
    assert_true(activity_batch_add(batch, slice_make(key, sizeof key - 1), 1));
    activity_batch_destroy(batch);
}

static void test_comes_back_as_it_was_written(void **state)
{
    char *text = NULL;
    size_t len = 0;
    unsigned bad = 1;
    struct activity_batch *batch = activity_batch_create("mx1.example:0123456789abcdef", 12345678901);
    FILE *out = open_memstream(&text, &len);
    (void)state;
    assert_true(activity_batch_add(batch, SLICE("example.com 2026-01-02 passed"), 1000000000000));
    assert_true(activity_batch_add(batch, SLICE("xn--bcher-kva.example 2024-02-29 greylisted"), 1));
    assert_true(activity_batch_write(batch, out));
    assert_int_equal(fclose(out), 0);
    activity_batch_destroy(batch);
    batch = read_text(text, len, &bad);
    assert_int_equal(bad, 0);
    assert_null(batch->next);
    assert_string_equal(batch->node, "mx1.example:0123456789abcdef");
    assert_true(batch->seq == 12345678901);
    assert_int_equal(activity_batch_count(batch), 2);
    assert_int_equal(count_of(batch, "example.com 2026-01-02 passed"), 1000000000000);
    assert_int_equal(count_of(batch, "xn--bcher-kva.example 2024-02-29 greylisted"), 1);
    activity_batch_destroy(batch);
    free(text);
}

static void test_reads_several_batches(void **state)
{
    unsigned bad = 1;
    static const char text[] = "batch n:1 1\na.example 2026-01-01 passed 1\nbatch n:1 2\nbatch n:2 1\n"
                               "a.example 2026-01-01 passed 4\n";
    struct activity_batch *list = read_text(text, sizeof text - 1, &bad);
    (void)state;
    assert_int_equal(bad, 0);
    assert_string_equal(list->node, "n:2");
    assert_int_equal(count_of(list, "a.example 2026-01-01 passed"), 4);
    assert_int_equal(list->next->seq, 2);
    assert_int_equal(activity_batch_count(list->next), 0);
    assert_int_equal(list->next->next->seq, 1);
    destroy_all(list);
}

#define HEAD "batch n:1 1\n"
#define GOOD "a.example 2026-01-01 passed 1\n"

// One line that the database would refuse must not hold the others up for good.
static void test_skips_damaged_entries(void **state)
{
    (void)state;
    DAMAGED(HEAD "a.example 2026-13-01 passed 1\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-02-29 passed 1\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-1-01x passed 1\n" GOOD, 1, 1);
    DAMAGED(HEAD "a..example 2026-01-01 passed 1\n" GOOD, 1, 1);
    DAMAGED(HEAD "\xff\xfe.example 2026-01-01 passed 1\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-01-01 pas\x80sed 1\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-01-01 passed 1x\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-01-01 passed -1\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-01-01 passed \n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-01-01 passed 9223372036854775807\n" GOOD, 1, 1);
    DAMAGED(HEAD "a.example 2026-01-01 passed 1\0002\n" GOOD, 1, 1);
}

// Under the number before it, which the database may have already or not, a batch could count twice.
static void test_skips_what_follows_a_damaged_head(void **state)
{
    (void)state;
    DAMAGED(HEAD GOOD "bat\x01h n:1 2\n" GOOD GOOD "batch n:1 3\n" GOOD, 3, 2);
    DAMAGED(HEAD GOOD "batch n:1 x\n" GOOD, 2, 1);
    DAMAGED(HEAD GOOD "batch n\xff:1 2\n" GOOD, 2, 1);
    DAMAGED(GOOD, 1, 0);
}

static void test_skips_a_torn_end(void **state)
{
    (void)state;
    DAMAGED(HEAD GOOD "a.example 2026-01-01 passed 12", 1, 1);
    DAMAGED(HEAD GOOD "batch n:1 1", 1, 1);
    DAMAGED("\0\0\0\0\0\0\0\0", 1, 0);
    DAMAGED("\n\n", 2, 0);
}

static void test_survives_random_bytes(void **state)
{
    static char text[4096];
    unsigned bad = 0;
    (void)state;
    srand(1);
    for (int round = 0; round < 500; round++) {
        const size_t len = 1 + (size_t)rand() % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = "batch 0123-.\n\0aexmpl\xff"[rand() % 22];
        memcpy(text, HEAD, len < sizeof HEAD ? len : sizeof HEAD);
        destroy_all(read_text(text, len, &bad));
    }
}

static void test_write_reports_a_full_disk(void **state)
{
    struct activity_batch *batch = activity_batch_create("node:1", 7);
    FILE *full = fopen("/dev/full", "we");
    (void)state;
    assert_true(activity_batch_add(batch, SLICE("a.example 2026-01-02 passed"), 2));
    setbuf(full, NULL);
    assert_false(activity_batch_write(batch, full));
    fclose(full);
    activity_batch_destroy(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_up),
        cmocka_unit_test(test_refuses_a_key_that_is_too_long),
        cmocka_unit_test(test_comes_back_as_it_was_written),
        cmocka_unit_test(test_reads_several_batches),
        cmocka_unit_test(test_skips_damaged_entries),
        cmocka_unit_test(test_skips_what_follows_a_damaged_head),
        cmocka_unit_test(test_skips_a_torn_end),
        cmocka_unit_test(test_survives_random_bytes),
        cmocka_unit_test(test_write_reports_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
