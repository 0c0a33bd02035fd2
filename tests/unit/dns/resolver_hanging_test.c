// SPDX-License-Identifier: BSD-2-Clause
// Whoever mails from names that nobody answers for keeps look-ups hanging. The others must not notice.
#include "base/clock.h"
#include "resolver_fixture.h"

#define HANGING 128
#define A_TURN 8           // so that they are not sent again all at once
#define HEAD_START_MS 6000 // with no good answer that would speak for the server
#define ATTACK_MS 10000
#define EVERY_MS 50
#define PROMPT_MS 1500
#define DEADLINE_MS 5000
#define GOOD_MAX (ATTACK_MS / EVERY_MS)

struct good {
    struct attack *attack;
    int64_t asked;
};

struct attack {
    struct fixture own;
    unsigned names, hanging, given_up; // the last before their deadline
    unsigned asked, answered, failed;
    int64_t slowest_ms;
    struct good good[GOOD_MAX];
};

static void on_hung(const struct dns_answer *answer, void *arg)
{
    struct attack *attack = arg;
    attack->given_up += answer->rc == DNS_FAILED;
    attack->hanging--;
}

static void hang(struct attack *attack)
{
    char name[64];
    for (int i = 0; i < A_TURN && attack->hanging < HANGING; i++, attack->hanging++) {
        snprintf(name, sizeof name, "n%u.quiet.example", attack->names++);
        assert_non_null(resolver_ask(attack->own.resolver, name, DNS_TYPE_TXT, on_hung, attack));
    }
}

static void on_good(const struct dns_answer *answer, void *arg)
{
    struct good *good = arg;
    struct attack *attack = good->attack;
    const int64_t ms = clock_mono_ms() - good->asked;
    attack->answered++;
    attack->failed += answer->rc != DNS_NONE;
    if (ms > attack->slowest_ms)
        attack->slowest_ms = ms;
}

static void ask_good(struct attack *attack)
{
    char name[64];
    struct good *good = &attack->good[attack->asked];
    *good = (struct good){attack, clock_mono_ms()};
    snprintf(name, sizeof name, "n%u.good.example", attack->asked++);
    resolver_ask(attack->own.resolver, name, DNS_TYPE_TXT, on_good, good);
}

static void run(const char *fault)
{
    static struct attack attack;
    memset(&attack, 0, sizeof attack);
    dns_server_tell(&server, "%s", fault);
    make(&attack.own, &(struct resolver_spec){server.address, DEADLINE_MS, 3600, 10000, 1000});
    for (const int64_t start = clock_mono_ms(); clock_mono_ms() < start + ATTACK_MS;) {
        hang(&attack);
        if (clock_mono_ms() > start + HEAD_START_MS && attack.asked < GOOD_MAX)
            ask_good(&attack);
        wait_ms(&attack.own, EVERY_MS);
    }
    wait_ms(&attack.own, PROMPT_MS);
    unmake(&attack.own);
    print_message("%u names hung, %u good: %u answered, %u failed, slowest %d ms\n", attack.names,
                  attack.asked, attack.answered, attack.failed, (int)attack.slowest_ms);
    assert_int_equal(attack.answered, attack.asked);
    assert_int_equal(attack.failed, 0);
    assert_int_equal(attack.given_up, 0);
    assert_in_range(attack.slowest_ms, 0, PROMPT_MS);
}

static void test_names_that_nobody_answers_for_delay_no_other(void **state)
{
    (void)state;
    run("silent quiet.example");
}

static void test_names_that_are_answered_late_delay_no_other(void **state)
{
    (void)state;
    run("slow quiet.example 4");
}

static int behave(void **state)
{
    (void)state;
    dns_server_tell(&server, "behave");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_names_that_nobody_answers_for_delay_no_other, behave),
        cmocka_unit_test_teardown(test_names_that_are_answered_late_delay_no_other, behave),
    };
    dns_server_start(&server, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dns_server_stop(&server);
    return failed;
}
