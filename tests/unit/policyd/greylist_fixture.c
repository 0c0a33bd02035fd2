// SPDX-License-Identifier: BSD-2-Clause
#include "greylist_fixture.h"

#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SETTINGS                                                                                             \
    "setting greylist_delay value=120\nsetting greylist_window value=86400\n"                                \
    "setting greylist_network_cap value=3\nsetting greylist_client_passes value=3\n"

struct event_base *base;
struct greylist *greylist;
static struct directory *directory;

struct greylist *greylist_open(void)
{
    const struct greylist_spec spec = {
        .cache_max = 1000, .timeout_ms = TIMEOUT_MS, .database = database_spec(NULL, TIMEOUT_MS)};
    return greylist_create(base, &spec);
}

static void load_rows(const char *text)
{
    struct problem problem;
    const char *path = scratch_make();
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    directory = directory_create(path);
}

void on_answer(enum greylist_outcome outcome, void *arg)
{
    struct answer *answer = arg;
    answer->times++;
    answer->returned = outcome == GREYLIST_RETURNED;
    answer->outcome = answer->returned ? GREYLIST_PASS : outcome;
}

bool is_answered(void *arg)
{
    return ((struct answer *)arg)->times > 0;
}

struct greylist_ask *ask_of(struct greylist *of, const char *client, int network, const char *sender,
                            const char *recipient, greylist_callback callback, void *arg)
{
    const struct directory_snapshot *rows;
    struct identity identity = {.named = !strchr(client, '/')};
    const struct greylist_key key = {
        .identity = &identity, .sender = slice_from(sender), .recipient = slice_from(recipient)};
    snprintf(identity.text, sizeof identity.text, "%s", client);
    snprintf(identity.network, sizeof identity.network, "198.51.%d.0/24", network);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    struct greylist_ask *ask = greylist_ask(of, rows, &key, callback, arg);
    directory_end(directory);
    return ask;
}

struct greylist_ask *ask(const char *client, const char *sender, struct answer *answer)
{
    return ask_of(greylist, client, 1, sender, "user@example.com", on_answer, answer);
}

enum greylist_outcome outcome(const char *client, const char *sender)
{
    struct answer answer = {.times = 0};
    (void)ask(client, sender, &answer);
    database_run_until(base, is_answered, &answer);
    assert_int_equal(answer.times, 1);
    return answer.outcome;
}

bool passes(const char *client, const char *sender)
{
    const enum greylist_outcome found = outcome(client, sender);
    assert_int_not_equal(found, GREYLIST_UNAVAILABLE);
    return found == GREYLIST_PASS;
}

// Until it is connected, everything is unavailable. Asks for another network than the tests do.
bool is_connected(void *arg)
{
    struct answer answer = {.times = 0};
    (void)ask_of(arg, "connect.example", 255, "a@b.example", "c@d.example", on_answer, &answer);
    database_run_until(base, is_answered, &answer);
    return answer.outcome != GREYLIST_UNAVAILABLE;
}

int greylist_setup_rows(const char *rows)
{
    load_rows(rows);
    base = event_base_new();
    greylist = greylist_open();
    database_run_until(base, is_connected, greylist);
    (void)database_value("truncate greylist, greylist_client");
    return 0;
}

int greylist_setup(void **state)
{
    (void)state;
    return greylist_setup_rows(SETTINGS);
}

int greylist_teardown(void **state)
{
    (void)state;
    greylist_destroy(greylist);
    event_base_free(base);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

void age(const char *interval)
{
    (void)database_value("update greylist set first_seen = first_seen - interval '%s', "
                         "last_seen = last_seen - interval '%s'",
                         interval, interval);
}

const char *count_rows(void)
{
    return database_value("select count(*) from greylist");
}
