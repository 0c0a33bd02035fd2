// SPDX-License-Identifier: BSD-2-Clause
// F4, F12, F14: whatever spelling of a domain an envelope has, each decision is that for its A-labels. Random
// names, random rows; EMG_ROUNDS of them (200), from EMG_SEED (1) on.
#include "decisions.h"
#include "idn/idn.h"
#include "random_name.h"
#include "rows.h"
#include "scratch.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NAMES = 6, ENVELOPES = 20, TEXT_MAX = 1200 };

static const char *const locals[] = {"u",      "Info",    "friend", "u+ext", "prvs=1234abcdef=friend",
                                     "jürgen", "\"a b\"", "nobody"};
#define LOCALS (sizeof locals / sizeof *locals)

struct world {
    unsigned seed;
    struct random_name names[NAMES];
    char rows[16384];
};

static const char *flag(struct world *world)
{
    return random_below(&world->seed, 2) ? "true" : "false";
}

static const char *any_name(struct world *world)
{
    return world->names[random_below(&world->seed, NAMES)].a;
}

static void put_domain(struct world *world, const char *name, FILE *out)
{
    static const char *const greylisting[] = {"off", "suspicious", "all"}, *const spf[] = {"off", "mark",
                                                                                           "reject"};
    fprintf(out, "domain %s stealth=%s smtp_deny=%s catchall=%s keep_copy=%s verify_recipients=%s", name,
            random_below(&world->seed, 6) ? "false" : "true",
            random_below(&world->seed, 6) ? "false" : "true", flag(world), flag(world), flag(world));
    fprintf(out, " blacklisting=%s greylisting=%s spf=%s bounce_protection=%s receive_only=%s\n", flag(world),
            greylisting[random_below(&world->seed, 3)], spf[random_below(&world->seed, 3)], flag(world),
            flag(world));
    fprintf(out, "mailbox u@%s smtp_deny=%s\nalias info@%s u@%s\n", name, flag(world), name, any_name(world));
    if (random_below(&world->seed, 2))
        fprintf(out, "whitelist %s %s\n", name, any_name(world));
    if (random_below(&world->seed, 2))
        fprintf(out, "whitelist %s .%s\n", name, any_name(world));
    if (random_below(&world->seed, 2))
        fprintf(out, "whitelist %s friend@%s\n", name, any_name(world));
}

// Of the names some are domains, one is a further name of another, and some are nobody's. Each is another.
static void make_world(struct world *world)
{
    FILE *out = fmemopen(world->rows, sizeof world->rows, "w");
    assert_non_null(out);
    fputs("plan basic max_message_size=1000000\n", out);
    for (size_t i = 0; i < NAMES; i++) {
        random_name_make(&world->seed, &world->names[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(world->names[i].a, world->names[j].a) == 0) {
                random_name_make(&world->seed, &world->names[i]);
                j = (size_t)-1;
            }
    }
    for (size_t i = 0; i < NAMES - 3; i++)
        put_domain(world, world->names[i].a, out);
    fprintf(out, "domain_alias %s domain=%s\n", world->names[NAMES - 3].a, world->names[0].a);
    fclose(out);
}

// One address in its A-labels and in any spelling.
static void make_address(struct world *world, char by_a[TEXT_MAX], char by_u[TEXT_MAX])
{
    const struct random_name *name = &world->names[random_below(&world->seed, NAMES)];
    const char *local = locals[random_below(&world->seed, LOCALS)];
    const char *below = random_below(&world->seed, 5) ? "" : "sub.";
    char spelled[RANDOM_NAME_MAX], ascii[ADDRESS_DOMAIN_MAX + 1];
    random_name_spell(&world->seed, name, spelled);
    if (!idn_domain(slice_from(spelled), ascii) || strcmp(ascii, name->a) != 0)
        fail_msg("%s is %s, not %s", spelled, ascii, name->a);
    snprintf(by_a, TEXT_MAX, "%s@%s%s", local, below, name->a);
    snprintf(by_u, TEXT_MAX, "%s@%s%s", local, below, spelled);
}

static void compare(struct world *world, const struct directory_snapshot *rows,
                    const struct decisions_given *by_a, const struct decisions_given *by_u)
{
    void (*const deciders[])(const struct directory_snapshot *, const struct decisions_given *,
                             char *) = {decisions_of_policyd, decisions_of_milter, decisions_of_maps};
    static char expected[DECISIONS_MAX], got[DECISIONS_MAX];
    for (size_t i = 0; i < sizeof deciders / sizeof *deciders; i++) {
        deciders[i](rows, by_a, expected);
        deciders[i](rows, by_u, got);
        if (strcmp(expected, got) != 0)
            fail_msg("%s\n<%s> <%s> <%s>\n%s\nas A-labels:\n%s", world->rows, by_u->sender, by_u->recipient,
                     by_u->login, got, expected);
    }
}

static void check_envelope(struct world *world, const struct directory_snapshot *rows)
{
    static char texts[6][TEXT_MAX];
    for (size_t i = 0; i < 6; i += 2)
        make_address(world, texts[i], texts[i + 1]);
    const bool authenticated = random_below(&world->seed, 3) == 0;
    compare(world, rows, &(struct decisions_given){texts[0], texts[2], authenticated ? texts[4] : ""},
            &(struct decisions_given){texts[1], texts[3], authenticated ? texts[5] : ""});
}

static unsigned long number_of(const char *variable, unsigned long fallback)
{
    const char *text = getenv(variable);
    return text && *text ? strtoul(text, NULL, 10) : fallback;
}

static void check_world(unsigned seed)
{
    static struct world world;
    const struct directory_snapshot *rows;
    struct problem problem;
    const char *path = scratch_make();
    world.seed = seed;
    make_world(&world);
    if (!rows_load(path, world.rows, &problem))
        fail_msg("%s\n%s", world.rows, problem.text);
    struct directory *directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    for (int i = 0; i < ENVELOPES; i++)
        check_envelope(&world, rows);
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
}

static void test_f4_f12_f14_every_spelling_is_one_name(void **state)
{
    const unsigned long rounds = number_of("EMG_ROUNDS", 200), seed = number_of("EMG_SEED", 1);
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    for (unsigned long i = 0; i < rounds; i++)
        check_world((unsigned)(seed + i));
    assert_non_null(setlocale(LC_CTYPE, "C"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_f4_f12_f14_every_spelling_is_one_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
