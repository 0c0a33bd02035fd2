// SPDX-License-Identifier: BSD-2-Clause
// Random directories: virtual_alias, as Postfix applies it (again to each result,
// src/cleanup/cleanup_map1n.c), and relay_recipients agree with a naive model of what the design says,
// written without regard to the code.
#include "transportmap/lookup/lookup.h"

#include "model.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DIRECTORIES = 300, EXPANDED_MAX = 400 };

static const struct route_rules rules = {.lmtp_destination = "unix:private/dovecot-lmtp"};
static struct lookup_answer found;
static unsigned asked, compared;

// Expansion of an address by cleanup(8): results are looked up again until each is among its own.
struct expanded {
    size_t count;
    char addresses[EXPANDED_MAX][MODEL_ADDRESS_MAX];
};

static void add(struct expanded *out, struct slice address)
{
    assert_true(out->count < EXPANDED_MAX);
    assert_true(slice_copy(address, out->addresses[out->count++], MODEL_ADDRESS_MAX));
}

// Returns how many of the results are the address itself.
static void postfix_expand(const struct directory_snapshot *rows, const char *address, struct expanded *out)
{
    struct slice head, rest;
    char seen[EXPANDED_MAX][MODEL_ADDRESS_MAX];
    size_t seen_count = 0;
    out->count = 0;
    add(out, slice_from(address));
    for (size_t at = 0; at < out->count; at++) {
        bool itself = false;
        for (size_t i = 0; i < seen_count; i++)
            itself = itself || strcmp(seen[i], out->addresses[at]) == 0;
        for (int nesting = 0; !itself; nesting++) {
            char key[MODEL_ADDRESS_MAX];
            assert_true(nesting < 10);
            memcpy(key, out->addresses[at], sizeof key);
            lookup(rows, &rules, LOOKUP_VIRTUAL_ALIAS, slice_from(key), &found);
            assert_int_not_equal(found.status, LOOKUP_TEMP);
            if (found.status == LOOKUP_NOT_FOUND)
                break;
            bool first = true;
            for (rest = slice_make(found.text, found.len); rest.len > 0; first = false) {
                (void)slice_split(rest, ',', &head, &rest);
                if (first)
                    assert_true(slice_copy(head, out->addresses[at], MODEL_ADDRESS_MAX));
                else
                    add(out, head);
                itself = itself || slice_equal(head, slice_from(key));
            }
            if (itself)
                memcpy(seen[seen_count++], key, sizeof key);
        }
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

// Sorted and each once, as one text.
static void render(struct expanded *in, char *out, size_t size)
{
    qsort(in->addresses, in->count, MODEL_ADDRESS_MAX, compare);
    FILE *text = fmemopen(out, size, "w");
    assert_non_null(text);
    for (size_t i = 0; i < in->count; i++)
        if (i == 0 || strcmp(in->addresses[i], in->addresses[i - 1]) != 0)
            fprintf(text, "%s ", in->addresses[i]);
    fclose(text);
}

static void check_address(const struct directory_snapshot *rows, const struct model *model,
                          const char *address)
{
    static struct expanded own, theirs;
    char got[8192], expected[8192];
    bool grows;
    asked++;
    const bool exists = model_expand(model, address, theirs.addresses, EXPANDED_MAX, &theirs.count, &grows);
    compared += !grows;
    lookup(rows, &rules, LOOKUP_RELAY_RECIPIENTS, slice_from(address), &found);
    assert_int_not_equal(found.status, LOOKUP_TEMP);
    if (grows)
        return;
    if ((found.status == LOOKUP_FOUND) != exists)
        fail_msg("%s: exists %d, relay_recipients says %s\n%s", address, exists, found.text, model->text);
    postfix_expand(rows, address, &own);
    render(&own, got, sizeof got);
    render(&theirs, expected, sizeof expected);
    if (strcmp(got, expected) != 0)
        fail_msg("%s: %s\nexpected: %s\n%s", address, got, expected, model->text);
}

static void check_directory(unsigned seed)
{
    static struct model model;
    const struct directory_snapshot *rows;
    struct problem problem;
    char address[MODEL_ADDRESS_MAX];
    const char *path = scratch_make();
    model_make(&model, seed);
    if (!rows_load(path, model.text, &problem))
        fail_msg("%s\n%s", model.text, problem.text);
    struct directory *directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    for (unsigned i = 0; model_address(i, address); i++)
        check_address(rows, &model, address);
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
}

static void answers_are_the_models(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= DIRECTORIES; seed++)
        check_directory(seed);
    assert_in_range(compared, asked / 2, asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_the_models)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
