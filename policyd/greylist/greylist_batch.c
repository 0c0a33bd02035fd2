// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/greylist/greylist_batch.h"

#include "base/fault.h"
#include "io/loop.h"
#include "pg/array_literal.h"
#include "policyd/greylist/greylist_statement.h"

#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

#define HASH_FUNCTION(key, len, hashv)                                                                       \
    ((hashv) = (unsigned)((const struct lru_key *)(const void *)(key))->low)
#include <uthash.h>

enum { ITEMS_MAX = 2048, COLUMNS = 3 };

struct greylist_ask {
    greylist_callback callback; // NULL: cancelled
    void *arg;
    struct greylist_ask *next;
};

struct item {
    struct greylist_item what;
    struct greylist_ask *asks;
    enum greylist_state state;
    UT_hash_handle hh;
    char client[];
};

// Two of these alternate: one collects while the other is in flight.
struct round {
    struct item *items;
    struct array_literal columns[COLUMNS];
    struct greylist_rules rules; // of the first item
};

struct greylist_batch {
    struct greylist_batch_spec spec;
    struct loop_timer flush_timer;
    struct round rounds[2];
    struct round *collecting;
    struct round *in_flight; // NULL: none
};

static enum greylist_outcome outcome_of(enum greylist_state state)
{
    switch (state) {
    case GREYLIST_NEW:
    case GREYLIST_WAITING:
        return GREYLIST_DEFER;
    case GREYLIST_LOST:
        return GREYLIST_UNAVAILABLE;
    case GREYLIST_PASSED:
        return GREYLIST_RETURNED;
    default:
        return GREYLIST_PASS;
    }
}

static void finish_item(const struct greylist_batch *batch, struct item *item)
{
    struct greylist_ask *ask, *next;
    if (batch->spec.on_item)
        batch->spec.on_item(&item->what, item->state, batch->spec.arg);
    LL_FOREACH_SAFE(item->asks, ask, next)
    {
        if (ask->callback)
            ask->callback(outcome_of(item->state), ask->arg);
        free(ask);
    }
    free(item);
}

// Callbacks may add to the round that collects, never to this one.
static void finish_round(struct greylist_batch *batch, struct round *round)
{
    struct item *item = round->items, *next;
    HASH_CLEAR(hh, round->items); // frees the table; the items stay linked
    for (; item; item = next) {
        next = item->hh.next;
        finish_item(batch, item);
    }
}

static enum greylist_state state_of(bool passed, const char *word)
{
    if (!passed)
        return strcmp(word, "new") == 0 ? GREYLIST_NEW : GREYLIST_WAITING;
    if (strcmp(word, "trusted") == 0)
        return GREYLIST_TRUSTED;
    return strcmp(word, "passed") == 0 ? GREYLIST_PASSED : GREYLIST_KNOWN;
}

static void take_rows(const struct round *round, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct slice texts[COLUMNS];
        struct item *item = NULL;
        for (int i = 0; i < COLUMNS; i++)
            texts[i] = slice_make(PQgetvalue(result, row, i), (size_t)PQgetlength(result, row, i));
        const struct lru_key key = lru_key(texts, COLUMNS);
        HASH_FIND(hh, round->items, &key, sizeof key, item);
        if (item)
            item->state = state_of(PQgetvalue(result, row, 3)[0] == 't', PQgetvalue(result, row, 4));
    }
}

static struct fault refused = {.name = "greylist-refused",
                               .text = "greylisting is off: the database refuses",
                               .advice = "check the schema and the rights of the role"};

static void report(const PGresult *result)
{
    char message[256];
    snprintf(message, sizeof message, "%.*s", (int)strcspn(PQresultErrorMessage(result), "\n"),
             PQresultErrorMessage(result));
    fault_report(&refused, message);
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct greylist_batch *batch = arg;
    struct round *round = batch->in_flight;
    if (rc == PG_OK)
        take_rows(round, result);
    else if (rc == PG_ERROR)
        report(result);
    batch->in_flight = NULL;
    finish_round(batch, round);
    if (batch->collecting->items)
        loop_timer_set(&batch->flush_timer, 0);
}

static bool fill_values(struct round *round, char numbers[5][24], const char *values[8])
{
    const int64_t rules[5] = {round->rules.delay, round->rules.window, round->rules.lifetime,
                              round->rules.client_passes, round->rules.named_passes};
    for (int i = 0; i < COLUMNS; i++) {
        values[i] = array_literal_end(&round->columns[i]);
        if (!values[i])
            return false;
    }
    for (int i = 0; i < 5; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%" PRId64, rules[i]);
        values[COLUMNS + i] = numbers[i];
    }
    return true;
}

// Sends the collected attempts; without a connection they are answered at once.
static void flush(void *arg)
{
    struct greylist_batch *batch = arg;
    struct round *round = batch->collecting;
    char numbers[5][24];
    const char *values[8];
    if (batch->in_flight || !round->items)
        return;
    batch->in_flight = round;
    batch->collecting = round == &batch->rounds[0] ? &batch->rounds[1] : &batch->rounds[0];
    if (!pg_ready(batch->spec.pg) || !fill_values(round, numbers, values)) {
        on_recorded(PG_LOST, NULL, batch);
        return;
    }
    pg_send(batch->spec.pg, &(struct pg_statement){.name = "greylist_record",
                                                   .sql = greylist_record_sql,
                                                   .count = 8,
                                                   .values = values,
                                                   .timeout_ms = batch->spec.timeout_ms,
                                                   .on_result = on_recorded,
                                                   .arg = batch});
}

struct greylist_batch *greylist_batch_create(struct event_base *base, const struct greylist_batch_spec *spec)
{
    struct greylist_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->spec = *spec;
    batch->collecting = &batch->rounds[0];
    fault_register(&refused, 1, "emailgency_policyd_errors_total");
    loop_timer_init(&batch->flush_timer, base, flush, batch);
    return batch;
}

void greylist_batch_destroy(struct greylist_batch *batch)
{
    if (!batch)
        return;
    loop_timer_stop(&batch->flush_timer);
    for (int i = 0; i < 2; i++) {
        finish_round(batch, &batch->rounds[i]);
        for (int column = 0; column < COLUMNS; column++)
            array_literal_finish(&batch->rounds[i].columns[column]);
    }
    loop_timer_finish(&batch->flush_timer);
    free(batch);
}

static void begin_round(struct round *round, const struct greylist_rules *rules)
{
    round->rules = *rules;
    for (int i = 0; i < COLUMNS; i++)
        array_literal_begin(&round->columns[i]);
}

static struct item *add_item(struct round *round, const struct greylist_item *what,
                             const struct slice texts[3], const struct greylist_rules *rules)
{
    struct item *item = calloc(1, sizeof *item + texts[0].len + 1);
    if (!item)
        return NULL;
    if (!round->items)
        begin_round(round, rules);
    item->what = *what;
    memcpy(item->client, texts[0].ptr, texts[0].len);
    item->what.client = slice_make(item->client, texts[0].len);
    item->state = GREYLIST_LOST;
    for (int i = 0; i < COLUMNS; i++)
        array_literal_add(&round->columns[i], texts[i]);
    HASH_ADD(hh, round->items, what.key, sizeof item->what.key, item);
    return item;
}

struct greylist_ask *greylist_batch_add(struct greylist_batch *batch, const struct greylist_item *what,
                                        const struct slice texts[3], const struct greylist_rules *rules,
                                        greylist_callback callback, void *arg, bool *full)
{
    struct round *round = batch->collecting;
    struct item *item = NULL;
    struct greylist_ask *ask = callback ? calloc(1, sizeof *ask) : NULL;
    HASH_FIND(hh, round->items, &what->key, sizeof what->key, item);
    if (!item && HASH_COUNT(round->items) < ITEMS_MAX)
        item = add_item(round, what, texts, rules);
    *full = !item || (callback && !ask);
    if (*full) {
        free(ask);
        return NULL;
    }
    if (ask) {
        *ask = (struct greylist_ask){.callback = callback, .arg = arg};
        LL_PREPEND(item->asks, ask);
    }
    if (!batch->in_flight && !loop_timer_running(&batch->flush_timer))
        loop_timer_set(&batch->flush_timer, 0);
    return ask;
}

void greylist_batch_cancel(struct greylist_ask *ask)
{
    if (ask)
        ask->callback = NULL;
}
