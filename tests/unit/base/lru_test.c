// SPDX-License-Identifier: BSD-2-Clause
#include "base/lru.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct lru_key key_of(unsigned number)
{
    const struct slice text = slice_make((const char *)&number, sizeof number);
    return lru_key(&text, 1);
}

static void put(struct lru *recent, unsigned number, int64_t expires)
{
    unsigned *value = lru_put(recent, key_of(number), expires);
    assert_non_null(value);
    *value = number;
}

static bool holds(struct lru *recent, unsigned number, int64_t now)
{
    const unsigned *value = lru_find(recent, key_of(number), now);
    if (value)
        assert_int_equal(*value, number);
    return value;
}

static void test_key_tells_texts_apart(void **state)
{
    const struct slice a_bc[] = {SLICE("a"), SLICE("bc")}, ab_c[] = {SLICE("ab"), SLICE("c")};
    const struct slice empty[] = {SLICE(""), SLICE("")};
    (void)state;
    assert_true(lru_key(a_bc, 2).low == lru_key(a_bc, 2).low);
    assert_true(lru_key(a_bc, 2).low != lru_key(ab_c, 2).low);
    assert_true(lru_key(empty, 1).high != lru_key(empty, 2).high);
}

static void test_key_of_long_texts(void **state)
{
    static char text[4 * LRU_KEY_TEXT_MAX];
    const struct slice first[] = {slice_make(text, sizeof text), SLICE("x")};
    const struct slice second[] = {slice_make(text, sizeof text), SLICE("y")};
    const struct slice shorter = slice_make(text, LRU_KEY_TEXT_MAX - 2);
    (void)state;
    assert_true(lru_key(first, 2).low == lru_key(second, 2).low);
    assert_true(lru_key(first, 2).low != lru_key(&shorter, 1).low);
}

static void test_values_start_empty(void **state)
{
    struct lru *recent = lru_create(2, 100);
    static const char zeros[100];
    (void)state;
    char *value = lru_put(recent, key_of(1), 10);
    assert_memory_equal(value, zeros, 100);
    memset(value, 'x', 100);
    assert_int_equal(((char *)lru_put(recent, key_of(1), 10))[99], 'x');
    lru_remove(recent, key_of(1));
    assert_memory_equal(lru_put(recent, key_of(1), 10), zeros, 100);
    lru_destroy(recent);
}

static void test_obtain_makes_or_finds(void **state)
{
    struct lru *recent = lru_create(2, sizeof(unsigned));
    (void)state;
    *(unsigned *)lru_obtain(recent, key_of(1), 0, 10) = 7;
    assert_int_equal(*(unsigned *)lru_obtain(recent, key_of(1), 9, 10), 7);
    assert_int_equal(*(unsigned *)lru_obtain(recent, key_of(1), 10, 20), 0);
    assert_int_equal(lru_count(recent), 1);
    lru_destroy(recent);
}

static void test_time_is_up(void **state)
{
    struct lru *recent = lru_create(10, sizeof(unsigned));
    (void)state;
    put(recent, 1, 100);
    put(recent, 2, INT64_MAX);
    assert_true(holds(recent, 1, 99));
    assert_false(holds(recent, 1, 100));
    assert_int_equal(lru_count(recent), 1);
    assert_true(holds(recent, 2, 4000000000));
    put(recent, 2, 50);
    assert_false(holds(recent, 2, 50));
    lru_destroy(recent);
}

static void test_least_recently_used_makes_room(void **state)
{
    struct lru *recent = lru_create(3, sizeof(unsigned));
    (void)state;
    put(recent, 1, 100);
    put(recent, 2, 100);
    put(recent, 3, 100);
    assert_true(holds(recent, 1, 0));
    put(recent, 2, 100);
    put(recent, 4, 100);
    assert_false(holds(recent, 3, 0));
    put(recent, 5, 100);
    assert_false(holds(recent, 1, 0));
    assert_true(holds(recent, 2, 0) && holds(recent, 4, 0) && holds(recent, 5, 0));
    assert_int_equal(lru_count(recent), 3);
    lru_destroy(recent);
}

static void test_small_bounds(void **state)
{
    struct lru *recent = lru_create(0, sizeof(unsigned));
    (void)state;
    lru_destroy(NULL);
    lru_remove(recent, key_of(1));
    put(recent, 1, 100);
    put(recent, 2, 100);
    assert_int_equal(lru_count(recent), 1);
    assert_true(holds(recent, 2, 0));
    lru_destroy(recent);
}

// A model that is too simple to be wrong: the keys in the order of their use.
enum { MODEL_MAX = 16, MODEL_KEYS = 40, MODEL_STEPS = 200000 };

struct model {
    unsigned keys[MODEL_MAX];
    int64_t expires[MODEL_MAX];
    unsigned count;
};

static void model_remove(struct model *model, unsigned at)
{
    model->count--;
    memmove(model->keys + at, model->keys + at + 1, (model->count - at) * sizeof *model->keys);
    memmove(model->expires + at, model->expires + at + 1, (model->count - at) * sizeof *model->expires);
}

static int64_t model_take(struct model *model, unsigned key)
{
    for (unsigned i = 0; i < model->count; i++)
        if (model->keys[i] == key) {
            const int64_t expires = model->expires[i];
            model_remove(model, i);
            return expires;
        }
    return -1;
}

static void model_put(struct model *model, unsigned key, int64_t expires)
{
    if (model_take(model, key) < 0 && model->count == MODEL_MAX)
        model_remove(model, 0);
    model->keys[model->count] = key;
    model->expires[model->count++] = expires;
}

static bool model_find(struct model *model, unsigned key, int64_t now)
{
    const int64_t expires = model_take(model, key);
    if (expires > now)
        model_put(model, key, expires);
    return expires > now;
}

static void test_random_steps_match_the_model(void **state)
{
    struct lru *recent = lru_create(MODEL_MAX, sizeof(unsigned));
    struct model model = {.count = 0};
    (void)state;
    srand(1);
    for (int64_t now = 0; now < MODEL_STEPS; now++) {
        const unsigned key = (unsigned)rand() % MODEL_KEYS;
        switch (rand() % 5) {
        case 0:
        case 1:
            put(recent, key, now + 1 + key);
            model_put(&model, key, now + 1 + key);
            break;
        case 2:
            lru_remove(recent, key_of(key));
            (void)model_take(&model, key);
            break;
        default:
            assert_int_equal(holds(recent, key, now), model_find(&model, key, now));
        }
        assert_int_equal(lru_count(recent), model.count);
    }
    lru_destroy(recent);
}

static void test_many_entries(void **state)
{
    struct lru *recent = lru_create(50000, sizeof(unsigned));
    (void)state;
    for (unsigned i = 0; i < 120000; i++)
        put(recent, i, 100);
    assert_int_equal(lru_count(recent), 50000);
    for (unsigned i = 0; i < 120000; i++)
        assert_int_equal(holds(recent, i, 0), i >= 70000);
    lru_destroy(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_tells_texts_apart),
        cmocka_unit_test(test_key_of_long_texts),
        cmocka_unit_test(test_values_start_empty),
        cmocka_unit_test(test_obtain_makes_or_finds),
        cmocka_unit_test(test_time_is_up),
        cmocka_unit_test(test_least_recently_used_makes_room),
        cmocka_unit_test(test_small_bounds),
        cmocka_unit_test(test_random_steps_match_the_model),
        cmocka_unit_test(test_many_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
