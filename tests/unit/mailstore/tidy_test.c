// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/tidy/tidy.h"

#include "case_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool next_word(struct slice *in, struct slice *name, char value[64])
{
    struct slice word, text;
    *in = slice_trim(*in);
    if (in->len == 0)
        return false;
    slice_split(*in, ' ', &word, in);
    slice_split(word, '=', name, &text);
    assert_true(slice_copy(text, value, 64));
    return true;
}

static void read_room(struct slice in, struct tidy_room *room)
{
    struct slice name;
    char value[64];
    while (next_word(&in, &name, value)) {
        int64_t *number = slice_equal(name, SLICE("left"))    ? &room->candidates_left
                          : slice_equal(name, SLICE("hour"))  ? &room->hour_left
                          : slice_equal(name, SLICE("quota")) ? &room->candidate_quota
                                                              : &room->run_addresses;
        if (slice_equal(name, SLICE("catchall")))
            room->catchall = false;
        else
            *number = strtoll(value, NULL, 10);
    }
}

static void read_user(struct slice in, struct tidy_user *user)
{
    struct slice name;
    char value[64];
    while (next_word(&in, &name, value)) {
        if (slice_equal(name, SLICE("bytes")))
            user->bytes = strtoll(value, NULL, 10);
        else if (slice_equal(name, SLICE("alike")))
            user->alike = strtoll(value, NULL, 10);
        else if (slice_equal(name, SLICE("spf")))
            user->spf_passed = false;
        else if (slice_equal(name, SLICE("read")))
            user->looked_into = false;
        else
            user->state = *value == 'b' ? TIDY_BLOCKED : *value == 'f' ? TIDY_FULL : TIDY_DELETED;
    }
}

static void decide(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct tidy_room room = {.catchall = true,
                             .candidates_left = 100,
                             .hour_left = 20,
                             .candidate_quota = 1000,
                             .run_addresses = 5};
    struct slice domain, users, one;
    size_t len = 0;
    if (slice_split(input, ';', &domain, &users))
        read_room(domain, &room);
    else
        users = input;
    while (users.len) {
        struct tidy_user user = {.spf_passed = true, .looked_into = true};
        slice_split(users, '|', &one, &users);
        read_user(one, &user);
        const struct tidy_decision made = tidy_decide(&room, &user);
        len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, "%s%s %s", len ? " | " : "",
                                tidy_action_word(made.action), tidy_reason_word(made.reason));
    }
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("mailstore/tidy.cases", decide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
