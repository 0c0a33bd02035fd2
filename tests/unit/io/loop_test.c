// SPDX-License-Identifier: BSD-2-Clause
#include "io/loop.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct fixture {
    struct event_base *base;
    struct loop_timer timer;
    int fired;
    bool again, finish;
};

static void on_fire(void *arg)
{
    struct fixture *fixture = arg;
    fixture->fired++;
    if (fixture->again && fixture->fired < 3)
        loop_timer_set(&fixture->timer, 0);
    if (fixture->finish)
        loop_timer_finish(&fixture->timer);
}

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    fixture = (struct fixture){.base = event_base_new()};
    loop_timer_init(&fixture.timer, fixture.base, on_fire, &fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_timer_finish(&fixture.timer);
    event_base_free(fixture.base);
    return 0;
}

static void test_fires_once_and_not_too_early(void **state)
{
    (void)state;
    const int64_t start = clock_mono_ms();
    loop_timer_set(&fixture.timer, 50);
    assert_true(loop_timer_running(&fixture.timer));
    event_base_dispatch(fixture.base);
    assert_int_equal(fixture.fired, 1);
    assert_in_range(clock_mono_ms() - start, 45, 5000);
    assert_false(loop_timer_running(&fixture.timer));
}

static void test_set_again(void **state)
{
    (void)state;
    loop_timer_set(&fixture.timer, 3600000);
    loop_timer_set(&fixture.timer, 1);
    event_base_dispatch(fixture.base);
    assert_int_equal(fixture.fired, 1);
}

static void test_a_time_gone_by_fires_from_the_loop(void **state)
{
    (void)state;
    loop_timer_set(&fixture.timer, -1);
    assert_int_equal(fixture.fired, 0);
    event_base_dispatch(fixture.base);
    loop_timer_set(&fixture.timer, INT64_MIN);
    event_base_dispatch(fixture.base);
    assert_int_equal(fixture.fired, 2);
}

static void test_stopped(void **state)
{
    (void)state;
    loop_timer_set(&fixture.timer, 0);
    loop_timer_stop(&fixture.timer);
    loop_timer_stop(&fixture.timer);
    event_base_dispatch(fixture.base);
    assert_int_equal(fixture.fired, 0);
}

static void test_set_within_its_own_call(void **state)
{
    (void)state;
    fixture.again = true;
    loop_timer_set(&fixture.timer, 0);
    event_base_dispatch(fixture.base);
    assert_int_equal(fixture.fired, 3);
}

static void test_finished_within_its_own_call(void **state)
{
    (void)state;
    fixture.finish = true;
    loop_timer_set(&fixture.timer, 0);
    event_base_dispatch(fixture.base);
    assert_int_equal(fixture.fired, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fires_once_and_not_too_early),
        TEST(test_set_again),
        TEST(test_a_time_gone_by_fires_from_the_loop),
        TEST(test_stopped),
        TEST(test_set_within_its_own_call),
        TEST(test_finished_within_its_own_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
