// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/outbound/outbound_batch.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/lru.h"
#include "io/loop.h"
#include "pg/array_literal.h"
#include "pg/pg_refusal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

#define HASH_FUNCTION(key, len, hashv)                                                                       \
    ((hashv) = (unsigned)((const struct lru_key *)(const void *)(key))->low)
#include <uthash.h>

enum { ITEMS_MAX = 20000, GATHER_MS = 200, AGAIN_MS = 1000, NUMBERS = 4, NODE_MAX = 128 };

struct outbound_ask {
    void (*callback)(void *arg); // NULL: cancelled
    void *arg;
    struct outbound_ask *next;
};

struct item {
    struct lru_key key;
    UT_hash_handle hh;
    int64_t numbers[NUMBERS]; // hour; messages, recipients, refused
    char login[ADDRESS_MAX + 1];
    char domain[ADDRESS_DOMAIN_MAX + 1];
};

struct round {
    struct item *items;
    struct outbound_ask *asks;
    uint64_t seq; // 0: nothing but look-ups
};

// One round collects while the other is in flight, or is to be sent again.
struct outbound_batch {
    struct outbound_batch_spec spec;
    struct loop_timer timer;
    struct round rounds[2];
    struct round *collecting, *sent; // `sent` is NULL if there is none
    bool in_flight;                  // of `sent`
    bool failing;                    // the latest round trip had no success
    uint64_t next_seq;
    int64_t stamp;       // of the latest counts that were read
    char node[NODE_MAX]; // with a number of this process, so that batches of two runs never share a name
    void (*done)(void *arg);
    void *done_arg;
};

static struct fault refused = {.name = "outbound-refused",
                               .text = "the database refuses the counts of what logins send, which are kept",
                               .advice = "run emailgency-migrate, or check the rights of the role"};
static struct fault full = {.name = "outbound-full",
                            .text = "mail of a login is not counted: too many counts wait for the database",
                            .advice = "see why the database is away"};

static bool is_empty(const struct round *round)
{
    return !round->items && !round->asks;
}

static void answer(struct round *round)
{
    struct outbound_ask *ask, *next, *asks = round->asks;
    round->asks = NULL;
    LL_FOREACH_SAFE(asks, ask, next)
    {
        if (ask->callback)
            ask->callback(ask->arg);
        free(ask);
    }
}

static void clear(struct round *round)
{
    struct item *item = round->items, *next;
    HASH_CLEAR(hh, round->items); // frees the table; the items stay linked
    for (; item; item = next) {
        next = item->hh.next;
        free(item);
    }
    round->seq = 0;
}

static void finish_flush(struct outbound_batch *batch)
{
    void (*done)(void *arg) = batch->done;
    batch->done = NULL;
    if (done)
        done(batch->done_arg);
}

static void take_row(struct outbound_batch *batch, const PGresult *result, int row)
{
    int64_t values[6];
    for (int i = 0; i < 6; i++)
        values[i] = strtoll(PQgetvalue(result, row, i + 1), NULL, 10);
    outbound_memory_set(batch->spec.memory,
                        slice_make(PQgetvalue(result, row, 0), (size_t)PQgetlength(result, row, 0)),
                        &(struct outbound_total){.hour = values[0],
                                                 .counts.hour = {values[1], values[2]},
                                                 .day = values[3],
                                                 .counts.day = {values[4], values[5]}},
                        batch->stamp);
}

// A name without a row has sent nothing.
static void forget(struct outbound_batch *batch, const struct item *item)
{
    outbound_memory_set(batch->spec.memory, slice_from(item->login), NULL, batch->stamp);
    outbound_memory_set(batch->spec.memory, slice_from(item->domain), NULL, batch->stamp);
}

// Mail that was sent meanwhile is not in the counts that were just read.
static void add_collected(struct outbound_batch *batch, const struct item *item)
{
    const struct outbound_count sent = {item->numbers[1], item->numbers[2]};
    const struct slice names[] = {slice_from(item->login), slice_from(item->domain)};
    for (size_t i = 0; i < 2; i++)
        if (outbound_memory_read_at(batch->spec.memory, names[i]) == batch->stamp)
            outbound_memory_add(batch->spec.memory, names[i], item->numbers[0], &sent);
}

static void take_counts(struct outbound_batch *batch, const PGresult *result)
{
    struct item *item, *next;
    const int64_t now = clock_mono_ms();
    batch->stamp = now > batch->stamp ? now : batch->stamp + 1; // never twice
    HASH_ITER(hh, batch->sent->items, item, next)
    forget(batch, item);
    for (int row = 0; row < PQntuples(result); row++)
        take_row(batch, result, row);
    HASH_ITER(hh, batch->collecting->items, item, next)
    add_collected(batch, item);
}

// The batch is sent again, under its number; look-ups are not.
static void keep(struct outbound_batch *batch)
{
    batch->failing = true;
    if (batch->sent->seq == 0) {
        clear(batch->sent);
        batch->sent = NULL;
    }
    answer(batch->collecting);
    loop_timer_set(&batch->timer, AGAIN_MS);
    finish_flush(batch);
}

static void on_recorded(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct outbound_batch *batch = arg;
    struct round *round = batch->sent;
    batch->in_flight = false;
    pg_refusal_report(&refused, rc, result);
    if (rc == PG_OK)
        take_counts(batch, result);
    answer(round);
    if (rc != PG_OK) {
        keep(batch);
        return;
    }
    batch->failing = false;
    clear(round);
    batch->sent = NULL;
    if (!is_empty(batch->collecting))
        loop_timer_set(&batch->timer, batch->collecting->asks || batch->done ? 0 : GATHER_MS);
    else
        finish_flush(batch);
}

static void add_values(struct array_literal arrays[], const struct item *item)
{
    array_literal_add(&arrays[0], slice_from(item->login));
    array_literal_add(&arrays[1], slice_from(item->domain));
    for (int i = 0; i < NUMBERS; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, item->numbers[i]);
        array_literal_add(&arrays[2 + i], slice_from(text));
    }
}

static void send_round(struct outbound_batch *batch)
{
    static const char sql[] =
        "select * from emailgency.record_outbound($1, $2::bigint, $3::text[], $4::text[], "
        "$5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])";
    struct array_literal arrays[2 + NUMBERS] = {{.text = NULL}};
    struct item *item, *next;
    char seq[24];
    const char *values[4 + NUMBERS] = {batch->node, seq};
    bool complete = true;
    snprintf(seq, sizeof seq, "%" PRIu64, batch->sent->seq);
    for (int i = 0; i < 2 + NUMBERS; i++)
        array_literal_begin(&arrays[i]);
    HASH_ITER(hh, batch->sent->items, item, next)
    add_values(arrays, item);
    for (int i = 0; i < 2 + NUMBERS; i++) {
        values[2 + i] = array_literal_end(&arrays[i]);
        complete = complete && values[2 + i];
    }
    batch->in_flight = complete;
    if (complete)
        pg_send(batch->spec.pg, &(struct pg_statement){.name = "record_outbound",
                                                       .sql = sql,
                                                       .count = 4 + NUMBERS,
                                                       .values = values,
                                                       .timeout_ms = batch->spec.timeout_ms,
                                                       .on_result = on_recorded,
                                                       .arg = batch});
    for (int i = 0; i < 2 + NUMBERS; i++)
        array_literal_finish(&arrays[i]);
    if (!complete)
        on_recorded(PG_LOST, NULL, batch);
}

static void on_timer(void *arg)
{
    struct outbound_batch *batch = arg;
    if (batch->in_flight || (!batch->sent && is_empty(batch->collecting)))
        return;
    if (!pg_ready(batch->spec.pg)) {
        batch->failing = true;
        answer(batch->collecting);
        loop_timer_set(&batch->timer, AGAIN_MS);
        finish_flush(batch);
        return;
    }
    if (!batch->sent) {
        batch->sent = batch->collecting;
        batch->collecting = batch->sent == &batch->rounds[0] ? &batch->rounds[1] : &batch->rounds[0];
    }
    send_round(batch);
}

static void name_node(struct outbound_batch *batch)
{
    uint64_t run = 0;
    if (getrandom(&run, sizeof run, 0) != (ssize_t)sizeof run)
        run = (uint64_t)clock_mono_us();
    snprintf(batch->node, sizeof batch->node, "%.64s:%016" PRIx64 ":outbound", batch->spec.node, run);
}

struct outbound_batch *outbound_batch_create(struct event_base *base, const struct outbound_batch_spec *spec)
{
    struct outbound_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->spec = *spec;
    batch->collecting = &batch->rounds[0];
    batch->next_seq = 1;
    name_node(batch);
    fault_register(&refused, 1, "emailgency_policyd_errors_total");
    fault_register(&full, 1, "emailgency_policyd_errors_total");
    loop_timer_init(&batch->timer, base, on_timer, batch);
    return batch;
}

void outbound_batch_destroy(struct outbound_batch *batch)
{
    if (!batch)
        return;
    loop_timer_finish(&batch->timer);
    for (int i = 0; i < 2; i++) {
        struct outbound_ask *ask, *next;
        LL_FOREACH_SAFE(batch->rounds[i].asks, ask, next)
        free(ask);
        clear(&batch->rounds[i]);
    }
    free(batch);
}

static struct item *obtain(struct round *round, struct slice login, struct slice domain, int64_t hour)
{
    char text[24];
    struct item *item = NULL;
    snprintf(text, sizeof text, "%" PRId64, hour);
    const struct slice parts[] = {login, slice_from(text)};
    const struct lru_key key = lru_key(parts, 2);
    HASH_FIND(hh, round->items, &key, sizeof key, item);
    if (item || HASH_COUNT(round->items) >= ITEMS_MAX)
        return item;
    item = calloc(1, sizeof *item);
    if (!item || !slice_copy(login, item->login, sizeof item->login) ||
        !slice_copy(domain, item->domain, sizeof item->domain)) {
        free(item);
        return NULL;
    }
    item->key = key;
    item->numbers[0] = hour;
    HASH_ADD(hh, round->items, key, sizeof item->key, item);
    return item;
}

bool outbound_batch_add(struct outbound_batch *batch, struct slice login, struct slice domain, int64_t hour,
                        const struct outbound_count *sent, int64_t refused_count)
{
    const bool counts = sent->messages > 0 || refused_count > 0;
    struct item *item = obtain(batch->collecting, login, domain, hour);
    if (!item) {
        if (counts)
            fault_report(&full, NULL);
        return false;
    }
    item->numbers[1] += sent->messages;
    item->numbers[2] += sent->recipients;
    item->numbers[3] += refused_count;
    if (counts && batch->collecting->seq == 0)
        batch->collecting->seq = batch->next_seq++;
    if (!batch->sent && (!loop_timer_running(&batch->timer) || !counts))
        loop_timer_set(&batch->timer, counts ? GATHER_MS : 0);
    return true;
}

struct outbound_ask *outbound_batch_ask(struct outbound_batch *batch, struct slice login, struct slice domain,
                                        int64_t hour, void (*callback)(void *arg), void *arg)
{
    static const struct outbound_count nothing = {0};
    if (batch->failing || !pg_ready(batch->spec.pg) ||
        !outbound_batch_add(batch, login, domain, hour, &nothing, 0))
        return NULL;
    struct outbound_ask *ask = calloc(1, sizeof *ask);
    if (!ask)
        return NULL;
    *ask = (struct outbound_ask){.callback = callback, .arg = arg};
    LL_PREPEND(batch->collecting->asks, ask);
    return ask;
}

void outbound_batch_cancel(struct outbound_ask *ask)
{
    if (ask)
        ask->callback = NULL;
}

void outbound_batch_flush(struct outbound_batch *batch, void (*done)(void *arg), void *arg)
{
    batch->done = done;
    batch->done_arg = arg;
    if ((!batch->sent && is_empty(batch->collecting)) || batch->failing || !pg_ready(batch->spec.pg))
        finish_flush(batch);
    else if (!batch->sent)
        loop_timer_set(&batch->timer, 0);
}

size_t outbound_batch_waiting(const struct outbound_batch *batch)
{
    return HASH_COUNT(batch->rounds[0].items) + HASH_COUNT(batch->rounds[1].items);
}
