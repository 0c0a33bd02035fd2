// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/usage/usage_round.h"

#include "base/counter.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/loop.h"
#include "mailstore/contract/store_contract.h"
#include "mailstore/usage/usage_folder.h"
#include "pg/array_literal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_MS = 500, RETRY_MS = 2000 };

struct usage_round {
    struct pg *pg;
    struct loop_timer timer;
    struct usage_folder folder;
    struct array_literal users, bytes, messages;
    size_t count; // taken
    struct usage_taken taken[USAGE_BATCH];
};

static struct counter noted = {.name = "emailgency_keeper_usage_notes_total",
                               .help = "Notes of a user's usage that the database has."};
static struct counter locked = {.name = "emailgency_keeper_usage_notes_locked_total",
                                .help = "Notes that waited, since a session holds the user's row."};
static struct fault unread = {.name = "usage",
                              .text =
                                  "the usage of mailboxes is not noted, so no catch-all mail is sorted and "
                                  "no quota is watched",
                              .advice = "check usage_directory in keeper.conf: its owner, and free space",
                              .interval_ms = 60000};
static struct fault refused = {.name = "usage-statement",
                               .text = "the database refuses the usage of mailboxes",
                               .advice = "run sql/migrate, or check the rights of the role",
                               .interval_ms = 60000};

static bool is_kept(const PGresult *result, const struct usage_taken *taken)
{
    for (int row = 0; row < PQntuples(result); row++)
        if (strcmp(PQgetvalue(result, row, 0), taken->user) == 0)
            return true;
    return false;
}

static void on_noted(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct usage_round *round = arg;
    const bool is_full = round->count == USAGE_BATCH;
    size_t kept = 0;
    if (rc == PG_ERROR && !store_contract_refused(rc, result))
        (void)fault_report(&refused, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    if (rc == PG_OK) {
        fault_clear(&refused);
        store_contract_met();
    }
    for (size_t i = 0; i < round->count && rc == PG_OK; i++)
        if (is_kept(result, &round->taken[i]))
            kept++;
        else
            usage_folder_remove(&round->folder, &round->taken[i]);
    if (rc == PG_OK)
        counter_add(&noted, (double)(round->count - kept));
    counter_add(&locked, (double)kept);
    round->count = 0;
    loop_timer_set(&round->timer, rc != PG_OK ? RETRY_MS : is_full && kept == 0 ? 0 : LOOK_MS);
}

static void add(struct usage_round *round, const struct usage_taken *taken)
{
    char number[24];
    array_literal_add(&round->users, slice_from(taken->user));
    snprintf(number, sizeof number, "%lld", taken->readable ? (long long)taken->note.bytes : -1);
    array_literal_add(&round->bytes, slice_from(number));
    snprintf(number, sizeof number, "%lld", taken->readable ? (long long)taken->note.messages : -1);
    array_literal_add(&round->messages, slice_from(number));
}

static bool send_notes(struct usage_round *round)
{
    array_literal_begin(&round->users);
    array_literal_begin(&round->bytes);
    array_literal_begin(&round->messages);
    for (size_t i = 0; i < round->count; i++)
        add(round, &round->taken[i]);
    const char *values[] = {STORE_CONTRACT, array_literal_end(&round->users),
                            array_literal_end(&round->bytes), array_literal_end(&round->messages)};
    if (!values[1] || !values[2] || !values[3])
        return false;
    pg_send(
        round->pg,
        &(struct pg_statement){
            .name = "note_usage",
            .sql = "select * from emailgency.note_usage($1::integer, $2::text[], $3::bigint[], $4::bigint[])",
            .count = 4,
            .values = values,
            .on_result = on_noted,
            .arg = round});
    return true;
}

static void on_tick(void *arg)
{
    struct usage_round *round = arg;
    loop_timer_set(&round->timer, LOOK_MS);
    if (!pg_ready(round->pg) || round->count > 0)
        return;
    if (!usage_folder_open(&round->folder)) {
        if (errno != EWOULDBLOCK) // another keeper of this node hands them in
            (void)fault_report(&unread, log_value(slice_from(strerrordesc_np(errno))).text);
        return;
    }
    fault_clear(&unread);
    round->count = usage_folder_take(&round->folder, round->taken);
    if (round->count > 0 && !send_notes(round))
        round->count = 0;
}

struct usage_round *usage_round_create(struct event_base *base, struct pg *pg, const char *folder)
{
    struct usage_round *round = calloc(1, sizeof *round);
    if (!round)
        return NULL;
    round->pg = pg;
    usage_folder_init(&round->folder, folder);
    store_contract_register();
    counter_register(&noted);
    counter_register(&locked);
    fault_register(&unread, 1, "emailgency_keeper_errors_total");
    fault_register(&refused, 1, "emailgency_keeper_errors_total");
    loop_timer_init(&round->timer, base, on_tick, round);
    loop_timer_set(&round->timer, 0);
    return round;
}

void usage_round_destroy(struct usage_round *round)
{
    if (!round)
        return;
    loop_timer_finish(&round->timer);
    usage_folder_finish(&round->folder);
    array_literal_finish(&round->users);
    array_literal_finish(&round->bytes);
    array_literal_finish(&round->messages);
    free(round);
}
