// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/postfix/queue_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

// Files of Postfix 3.7 with their folder (hash_queue_depth = 1), inode, and the time that postqueue -j
// printed.
static const struct {
    const char *text, *path;
    uint64_t inode;
    uint32_t seconds;
} samples[] = {
    {"4jchYj6hKrz1fSHK", "E/4jchYj6hKrz1fSHK", 11338541, 1795944265},
    {"4jchYj6GBtz1fSHD", "D/4jchYj6GBtz1fSHD", 11338536, 1795944265},
    {"4jchYk0SCcz1fSHZ", "0/4jchYk0SCcz1fSHZ", 11338554, 1795944266},
    {"4jchYk0Xz4z1fSHd", "1/4jchYk0Xz4z1fSHd", 11338557, 1795944266},
};

static void test_ids_of_postfix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct queue_id id;
        char text[QUEUE_ID_MAX], path[QUEUE_ID_PATH_MAX];
        assert_true(queue_id_parse(slice_from(samples[i].text), &id));
        assert_false(id.is_short);
        assert_int_equal(id.seconds, samples[i].seconds);
        assert_int_equal(id.inode, samples[i].inode);
        assert_int_equal(queue_id_format(&id, text), strlen(samples[i].text));
        assert_string_equal(text, samples[i].text);
        queue_id_path(&id, 1, path);
        assert_string_equal(path, samples[i].path);
    }
}

static void test_short_ids(void **state)
{
    struct queue_id id;
    char text[QUEUE_ID_MAX], path[QUEUE_ID_PATH_MAX];
    (void)state;
    assert_true(queue_id_parse(SLICE("0F35D5196E"), &id));
    assert_true(id.is_short);
    assert_int_equal(id.seconds, 0);
    assert_int_equal(id.microseconds, 0x0f35d);
    assert_int_equal(id.inode, 0x5196e);
    (void)queue_id_format(&id, text);
    assert_string_equal(text, "0F35D5196E");
    queue_id_path(&id, 0, path);
    assert_string_equal(path, "0F35D5196E");
    queue_id_path(&id, 2, path);
    assert_string_equal(path, "0/F/0F35D5196E");
}

static void test_what_is_none(void **state)
{
    static const char *const texts[] = {
        "",                 // empty
        ".",                // a folder's own
        "12345.6789",       // Postfix's temporary name
        "0F35D",            // no inode
        "0f35d5196e",       // lower case
        "0F35D05196E",      // a needless zero
        "FFFFF5196E",       // 1048575 microseconds
        "4jchKl6LXXz",      // no inode
        "4jchKl6LXXz0B5m",  // a needless zero
        "4jchKl6LXXz1cz5m", // "z" in the inode
        "4jchKl6LXXz1cA5m", // a vowel
        "4jchKlzzzzz1c",    // 7311615 microseconds
        "zzzzzz0000z1",     // seconds beyond 32 bits
        "4jchKl6LXXzyyyyyyyyyyyyy",
        "0F35DFFFFFFFFFFFFFFFFF",
    };
    struct queue_id id;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (queue_id_parse(slice_from(texts[i]), &id))
            fail_msg("%s is read as an id", texts[i]);
}

static void test_each_id_comes_back(void **state)
{
    unsigned seed = 20261129;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char text[QUEUE_ID_MAX];
        struct queue_id id = {.inode = (uint64_t)rand_r(&seed) << (rand_r(&seed) % 30),
                              .microseconds = (uint32_t)rand_r(&seed) % 1000000,
                              .is_short = rand_r(&seed) % 2},
                        back = {0};
        id.seconds = id.is_short ? 0 : (uint32_t)rand_r(&seed) * 2u + 1u;
        const size_t len = queue_id_format(&id, text);
        assert_true(len < QUEUE_ID_MAX && queue_id_parse(slice_make(text, len), &back));
        assert_true(queue_id_equal(&id, &back));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_of_postfix),
        cmocka_unit_test(test_short_ids),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_each_id_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
