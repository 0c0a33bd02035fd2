// SPDX-License-Identifier: BSD-2-Clause
#include "console/pool/call_pool.h"

#include "base/clock.h"
#include "base/lru.h"
#include "base/memory.h"
#include "base/slice.h"
#include "io/loop.h"
#include "pg/pg.h"

#include <stdlib.h>
#include <utlist.h>

enum { KNOWN_MAX = 16384, KNOWN_S = 43200, SLOW_SPARE_MS = 500 };

struct pooled_call {
    struct pooled_call *prev, *next;
    struct call_spec spec;
    struct call_pool *pool;
    struct pool_connection *connection; // that it runs on
    enum call_rc rc;                    // of one that is to be answered in the next turn
    uint64_t who;                       // a hash of the login, or of a session that is not known yet; 0: none
    char secret[CALL_SECRET_MAX];
    char text[]; // call and params
};

struct pool_connection {
    struct call_pool *pool;
    struct pg *pg;
    struct pooled_call *running; // NULL: idle
};

struct call_pool {
    struct call_pool_spec spec;
    struct pg_spec database;
    struct pool_connection connections[CALL_POOL_CONNECTIONS_MAX];
    struct pooled_call *waiting, *refused;
    struct lru *known; // hashes of the logins of sessions
    unsigned waiting_count;
    struct loop_timer next_turn, nodes;
    bool destroyed;
};

static void answer(struct pooled_call *call, enum call_rc rc, const char *text)
{
    const struct call_spec spec = call->spec;
    free(call);
    spec.on_result(rc, text, spec.arg);
}

static uint64_t hash_of(const char *text)
{
    const struct slice part = slice_from(text);
    return lru_key(&part, 1).low | 1;
}

static uint64_t who_of(const struct call_pool *pool, const char *secret)
{
    const struct slice part = slice_from(secret);
    const uint64_t *login = *secret ? lru_find(pool->known, lru_key(&part, 1), clock_mono_s()) : NULL;
    return login ? *login : *secret ? hash_of(secret) : 0;
}

void call_pool_know(struct call_pool *pool, const char *secret, const char *login)
{
    const struct slice part = slice_from(secret);
    uint64_t *who = lru_put(pool->known, lru_key(&part, 1), clock_mono_s() + KNOWN_S);
    if (who)
        *who = hash_of(login);
}

static unsigned running_of(const struct call_pool *pool, uint64_t who)
{
    unsigned running = 0;
    for (unsigned i = 0; i < pool->spec.connections; i++) {
        const struct pooled_call *call = pool->connections[i].running;
        running += call && call->who == who;
    }
    return running;
}

static unsigned waiting_of(const struct call_pool *pool, uint64_t who)
{
    const struct pooled_call *call;
    unsigned waiting = 0;
    DL_FOREACH(pool->waiting, call)
    waiting += call->who == who;
    return waiting;
}

// The first that may run; calls without a session are not one customer's.
static struct pooled_call *next_call(const struct call_pool *pool)
{
    struct pooled_call *call;
    DL_FOREACH(pool->waiting, call)
    if (!call->who || running_of(pool, call->who) < CALL_POOL_LOGIN_MAX)
        return call;
    return NULL;
}

static void run_next(struct call_pool *pool);

static void on_called(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct pooled_call *call = arg;
    struct call_pool *pool = call->pool;
    const char *text = NULL;
    call->connection->running = NULL;
    const enum call_rc outcome = call_outcome(rc, result, call->spec.call, &text);
    if (rc == PG_LOST || rc == PG_TIMEOUT)
        loop_timer_set(&pool->next_turn, 0);
    answer(call, outcome, text);
    if (!pool->destroyed)
        run_next(pool);
}

static void on_limit(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)rc; // with the role's limit a slow call ends earlier
    (void)result;
    (void)arg;
}

static void set_limit(struct pool_connection *connection, const char *sql)
{
    pg_send(connection->pg, &(struct pg_statement){.sql = sql, .on_result = on_limit});
}

static void run_call(struct pool_connection *connection, struct pooled_call *call)
{
    const char *const values[] = {call->secret, call->spec.call, call->spec.params};
    const bool slow = call->spec.slow;
    call->connection = connection;
    connection->running = call;
    if (slow)
        set_limit(connection, "set statement_timeout = '20s'");
    pg_send(connection->pg,
            &(struct pg_statement){.name = "console_call",
                                   .sql = "select console_call($1::text, $2::text, $3::jsonb)",
                                   .count = 3,
                                   .values = values,
                                   .timeout_ms = slow ? CALL_POOL_SLOW_MS + SLOW_SPARE_MS : 0,
                                   .on_result = on_called,
                                   .arg = call});
    if (slow)
        set_limit(connection, "reset statement_timeout"); // that of the role
}

static bool is_slow_of(const struct pooled_call *call, uint64_t who, unsigned *count)
{
    *count += call && call->spec.slow;
    return call && call->spec.slow && call->who == who;
}

// True if the login has a slow call that waits or runs, or half of the connections are for such calls.
static bool too_slow(const struct call_pool *pool, uint64_t who)
{
    const struct pooled_call *call;
    unsigned count = 0;
    bool is_own = false;
    DL_FOREACH(pool->waiting, call)
    is_own = is_slow_of(call, who, &count) || is_own;
    for (unsigned i = 0; i < pool->spec.connections; i++)
        is_own = is_slow_of(pool->connections[i].running, who, &count) || is_own;
    return is_own || (count > 0 && 2 * (count + 1) > pool->spec.connections);
}

static void run_next(struct call_pool *pool)
{
    for (unsigned i = 0; i < pool->spec.connections; i++) {
        struct pool_connection *connection = &pool->connections[i];
        struct pooled_call *call = connection->running || !pg_ready(connection->pg) ? NULL : next_call(pool);
        if (!call)
            continue;
        DL_DELETE(pool->waiting, call);
        pool->waiting_count--;
        run_call(connection, call);
    }
}

// Without a connection nothing is to wait for.
static void refuse_waiting(struct call_pool *pool)
{
    struct pooled_call *call, *next;
    if (call_pool_ready(pool) > 0)
        return;
    DL_FOREACH_SAFE(pool->waiting, call, next)
    {
        DL_DELETE(pool->waiting, call);
        pool->waiting_count--;
        call->rc = CALL_AWAY;
        DL_APPEND(pool->refused, call);
    }
}

static void on_next_turn(void *arg)
{
    struct call_pool *pool = arg;
    refuse_waiting(pool);
    while (pool->refused) {
        struct pooled_call *call = pool->refused;
        DL_DELETE(pool->refused, call);
        answer(call, call->rc, NULL);
    }
    if (!pool->destroyed)
        run_next(pool);
}

static void on_listening(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)rc; // without it the wait for nodes ends later
    (void)result;
    (void)arg;
}

static void on_ready(struct pg *pg, void *arg)
{
    struct pool_connection *connection = arg;
    pg_send(pg, &(struct pg_statement){.sql = "listen emailgency_node", .on_result = on_listening});
    loop_timer_set(&connection->pool->next_turn, 0);
}

static void on_notify(struct pg *pg, const char *channel, void *arg)
{
    const struct pool_connection *connection = arg;
    (void)pg;
    (void)channel;
    loop_timer_set(&connection->pool->nodes, 0); // each connection gets it
}

static void on_nodes(void *arg)
{
    const struct call_pool *pool = arg;
    if (pool->spec.on_node)
        pool->spec.on_node();
}

struct call_pool *call_pool_create(struct event_base *base, const struct call_pool_spec *spec)
{
    struct call_pool *pool = memory_or_exit(calloc(1, sizeof *pool));
    pool->spec = *spec;
    pool->known = memory_or_exit(lru_create(KNOWN_MAX, sizeof(uint64_t)));
    loop_timer_init(&pool->next_turn, base, on_next_turn, pool);
    loop_timer_init(&pool->nodes, base, on_nodes, pool);
    for (unsigned i = 0; i < spec->connections; i++) {
        struct pool_connection *connection = &pool->connections[i];
        struct pg_spec database = *spec->database;
        connection->pool = pool;
        database.on_ready = on_ready;
        database.on_notify = on_notify;
        database.arg = connection;
        connection->pg = pg_create(base, &database);
    }
    return pool;
}

void call_pool_destroy(struct call_pool *pool)
{
    if (!pool)
        return;
    pool->destroyed = true;
    loop_timer_finish(&pool->next_turn);
    loop_timer_finish(&pool->nodes);
    for (unsigned i = 0; i < pool->spec.connections; i++) {
        pg_destroy(pool->connections[i].pg);
        pool->connections[i].pg = NULL;
    }
    on_next_turn(pool);
    lru_destroy(pool->known);
    free(pool);
}

static struct pooled_call *copy_call(struct call_pool *pool, const struct call_spec *spec)
{
    const size_t call_size = spec->call ? strlen(spec->call) + 1 : 0, params_size = strlen(spec->params) + 1;
    struct pooled_call *call = memory_or_exit(calloc(1, sizeof *call + call_size + params_size));
    call->pool = pool;
    call->spec = *spec;
    (void)slice_copy(slice_from(spec->secret), call->secret, sizeof call->secret);
    call->who = who_of(pool, call->secret);
    if (spec->call)
        call->spec.call = memcpy(call->text, spec->call, call_size);
    call->spec.params = memcpy(call->text + call_size, spec->params, params_size);
    return call;
}

void call_pool_send(struct call_pool *pool, const struct call_spec *spec)
{
    struct pooled_call *call = copy_call(pool, spec);
    if (!pool->destroyed)
        loop_timer_set(&pool->next_turn, 0);
    if (pool->waiting_count >= CALL_POOL_QUEUE_MAX || (spec->slow && too_slow(pool, call->who)) ||
        (call->who && waiting_of(pool, call->who) >= CALL_POOL_LOGIN_WAITING)) {
        call->rc = CALL_BUSY;
        DL_APPEND(pool->refused, call);
        return;
    }
    DL_APPEND(pool->waiting, call);
    pool->waiting_count++;
}

unsigned call_pool_waiting(const struct call_pool *pool)
{
    return pool->waiting_count;
}

unsigned call_pool_ready(const struct call_pool *pool)
{
    unsigned ready = 0;
    for (unsigned i = 0; i < pool->spec.connections; i++)
        ready += pool->connections[i].pg && pg_ready(pool->connections[i].pg);
    return ready;
}
