// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/server_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static char newest[16];
static struct problem why;

static enum server_state_verdict judge(struct slice version, struct slice missing, struct slice gap,
                                       struct slice position, struct slice epoch)
{
    struct slice columns[SERVER_STATE_COLUMNS] = {
        [SERVER_STATE_SNAPSHOT] = SLICE("10:20:"),
        [SERVER_STATE_EPOCH] = SLICE("1 1 2 3"),
        [SERVER_STATE_VERSION] = version,
        [SERVER_STATE_MISSING] = missing,
        [SERVER_STATE_GAP] = gap,
        [SERVER_STATE_CONFIRMED] = SLICE("f"),
    };

    why.text[0] = '\0';
    return server_state_judge(columns, position, epoch, &why);
}

static const struct slice none = {"", 0};

static void known_position_is_followed(void **state)
{
    (void)state;
    assert_int_equal(judge(slice_from(newest), none, SLICE("f"), SLICE("5:6:"), SLICE("1 1 2 3")),
                     SERVER_STATE_FOLLOW);
    assert_string_equal(why.text, "");
}

static void reasons_to_reload(void **state)
{
    (void)state;
    assert_int_equal(judge(slice_from(newest), none, SLICE("t"), none, none), SERVER_STATE_RELOAD);
    assert_string_equal(why.text, "the replica is new");
    assert_int_equal(judge(slice_from(newest), none, SLICE("f"), SLICE("5:6:"), SLICE("1 1 9 3")),
                     SERVER_STATE_RELOAD);
    assert_string_equal(why.text, "the server was replaced, restored or has crashed");
    assert_int_equal(judge(slice_from(newest), none, SLICE("t"), SLICE("5:6:"), SLICE("1 1 2 3")),
                     SERVER_STATE_RELOAD);
    assert_string_equal(why.text, "changes that the replica had not read were pruned");
}

static void test_h6_an_older_state_is_compared(void **state)
{
    struct slice columns[SERVER_STATE_COLUMNS] = {[SERVER_STATE_EPOCH] = SLICE("1 1 2 3"),
                                                  [SERVER_STATE_VERSION] = slice_from(newest),
                                                  [SERVER_STATE_GAP] = SLICE("f"),
                                                  [SERVER_STATE_SET_BACK] = SLICE("t")};

    (void)state;
    assert_int_equal(server_state_judge(columns, SLICE("5:6:"), SLICE("1 1 2 3"), &why), SERVER_STATE_RELOAD);
    assert_string_equal(why.text, "the database was set back to an older state");
}

static void a_crash_is_told_from_another_server(void **state)
{
    (void)state;
    assert_true(server_state_has_crashed(SLICE("1 1 100.5 2 3"), SLICE("1 1 200.5 2 3")));
    assert_false(server_state_has_crashed(SLICE("1 1 100.5 2 3"), SLICE("1 1 100.5 2 3")));
    assert_false(server_state_has_crashed(SLICE("9 1 100.5 2 3"), SLICE("1 1 200.5 2 3")));
    assert_false(server_state_has_crashed(SLICE("1 1 100.5 2 3"), SLICE("1 2 200.5 2 3")));
    assert_false(server_state_has_crashed(SLICE("1 1 100.5 2 3"), SLICE("1 1 200.5 9 3")));
    assert_false(server_state_has_crashed(SLICE("1 1 100.5 2 3"), SLICE("1 1 200.5 2 9")));
    assert_false(server_state_has_crashed(SLICE("1 1 100.5 2"), SLICE("1 1 200.5 2 3")));
    assert_false(server_state_has_crashed(SLICE(""), SLICE("1 1 200.5 2 3")));
}

static void other_schemas_are_refused(void **state)
{
    char newer[16];

    (void)state;
    assert_int_equal(judge(SLICE("2"), SLICE("3"), SLICE("f"), SLICE("5:6:"), SLICE("1 1 2 3")),
                     SERVER_STATE_REFUSE);
    assert_non_null(strstr(why.text, "lacks migration 3 (change_log)"));
    assert_int_equal(judge(none, SLICE("1"), SLICE("f"), none, none), SERVER_STATE_REFUSE);
    assert_non_null(strstr(why.text, "lacks migration 1 (settings)"));
    snprintf(newer, sizeof(newer), "%d", server_state_migrations() + 1);
    assert_int_equal(judge(slice_from(newer), none, SLICE("f"), SLICE("5:6:"), SLICE("1 1 2 3")),
                     SERVER_STATE_REFUSE);
    assert_non_null(strstr(why.text, "install the release"));
}

static void test_h3_a_full_queue_is_polled_often(void **state)
{
    (void)state;
    assert_int_equal(server_state_poll_ms(0, 5000), 5000);
    assert_int_equal(server_state_poll_ms(0.3, 5000), 5000);
    assert_int_equal(server_state_poll_ms(0.5, 5000), 500);
    assert_int_equal(server_state_poll_ms(1, 100), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_position_is_followed),
        cmocka_unit_test(reasons_to_reload),
        cmocka_unit_test(test_h6_an_older_state_is_compared),
        cmocka_unit_test(a_crash_is_told_from_another_server),
        cmocka_unit_test(other_schemas_are_refused),
        cmocka_unit_test(test_h3_a_full_queue_is_polled_often),
    };
    snprintf(newest, sizeof(newest), "%d", server_state_migrations());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
