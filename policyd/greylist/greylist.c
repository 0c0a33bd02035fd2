// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/greylist/greylist.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "base/lru.h"
#include "pg/array_literal.h"
#include "policyd/greylist/greylist_batch.h"
#include "policyd/greylist/greylist_statement.h"

#include <inttypes.h>
#include <stdlib.h>

// A passed key expires from the cache after this time, so that the shared row's last_seen advances.
enum { CACHE_SECONDS = 6 * 3600, NETWORKS_MAX = 100000, WAITING_MAX = 100000, SETTING_MAX = 1000000000 };

struct greylist {
    struct greylist_spec spec;
    struct pg *pg;
    struct greylist_batch *batch;
    struct lru *passed;   // keys that pass; a client alone if that is white-listed
    struct lru *networks; // struct network_load by client network
    struct lru *waiting;  // keys counted in `networks`; each expires with its network's count
    struct greylist_rules rules;
    uint64_t rules_version; // of the rows they were read from; 0: none
};

struct network_load {
    int64_t pending;
    int64_t expires;
};

static struct counter cached = {.name = "emailgency_policyd_greylist_passed_keys",
                                .help = "Passed keys in memory.",
                                .kind = COUNTER_GAUGE};
static struct counter away = {.name = "emailgency_policyd_greylist_unavailable_total",
                              .help = "Attempts that passed because the database did not answer."};
static struct counter capped = {
    .name = "emailgency_policyd_greylist_capped_total",
    .help = "Attempts recorded for a whole client network, which had too many pending rows."};
static struct counter connected = {.name = "emailgency_policyd_greylist_database_up",
                                   .help = "1 while the greylist's database is connected.",
                                   .kind = COUNTER_GAUGE};

// Clamp settings that bypassed the CHECK constraints, so that the statement cannot fail.
static int64_t setting(const struct directory_snapshot *rows, const char *name, int64_t fallback)
{
    const int64_t value = directory_setting_number(rows, name, fallback);
    return value >= 0 && value <= SETTING_MAX ? value : fallback;
}

static void reload_rules(struct greylist *greylist, const struct directory_snapshot *rows)
{
    const uint64_t version = directory_version(rows);
    if (version == greylist->rules_version)
        return;
    greylist->rules_version = version;
    greylist->rules = (struct greylist_rules){
        .delay = setting(rows, "greylist_delay", 120),
        .window = setting(rows, "greylist_window", 86400),
        .lifetime = setting(rows, "greylist_lifetime", 3110400),
        .network_cap = setting(rows, "greylist_network_cap", 100),
        .client_passes = setting(rows, "greylist_client_passes", 3),
        .named_passes = setting(rows, "greylist_named_client_passes", 1),
        .pass_interval = setting(rows, "greylist_client_interval", 3600),
    };
}

static struct lru_key client_key(struct slice client)
{
    return lru_key(&client, 1);
}

static void on_pass_counted(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)arg;
    if (rc == PG_ERROR)
        log_error("a pass was not counted for white-listing: %.*s",
                  (int)strcspn(PQresultErrorMessage(result), "\n"), PQresultErrorMessage(result));
}

// Not in the request path: no request waits for it, and a lost pass only means one more deferral.
static void count_pass(const struct greylist *greylist, struct slice client)
{
    struct array_literal clients = {.text = NULL};
    char interval[24];
    array_literal_begin(&clients);
    array_literal_add(&clients, client);
    const char *const values[] = {array_literal_end(&clients), interval};
    snprintf(interval, sizeof interval, "%" PRId64, greylist->rules.pass_interval);
    if (values[0] && pg_ready(greylist->pg))
        pg_send(greylist->pg, &(struct pg_statement){.name = "greylist_pass",
                                                     .sql = greylist_pass_sql,
                                                     .count = 2,
                                                     .values = values,
                                                     .on_result = on_pass_counted});
    array_literal_finish(&clients);
}

static void remember(const struct greylist *greylist, struct lru_key key)
{
    const int64_t keep =
        greylist->rules.lifetime / 4 < CACHE_SECONDS ? greylist->rules.lifetime / 4 : CACHE_SECONDS;
    (void)lru_put(greylist->passed, key, clock_mono_s() + keep);
}

// The key no longer has a waiting row, or never got one.
static void release_pending(const struct greylist *greylist, const struct greylist_item *item)
{
    const int64_t now = clock_mono_s();
    if (!lru_find(greylist->waiting, item->key, now))
        return;
    lru_remove(greylist->waiting, item->key);
    struct network_load *load = lru_find(greylist->networks, item->network, now);
    if (load && load->pending > 0)
        load->pending--;
}

static void on_item(const struct greylist_item *item, enum greylist_state state, void *arg)
{
    struct greylist *greylist = arg;
    if (state != GREYLIST_NEW && state != GREYLIST_WAITING)
        release_pending(greylist, item);
    if (state == GREYLIST_LOST)
        counter_add(&away, 1);
    if (state == GREYLIST_PASSED && !item->coarse)
        count_pass(greylist, item->client);
    if (state == GREYLIST_TRUSTED)
        remember(greylist, client_key(item->client));
    else if (state == GREYLIST_PASSED || state == GREYLIST_KNOWN)
        remember(greylist, item->key);
}

struct greylist *greylist_create(struct event_base *base, const struct greylist_spec *spec)
{
    struct greylist *greylist = calloc(1, sizeof *greylist);
    if (!greylist)
        return NULL;
    greylist->spec = *spec;
    greylist->passed = lru_create(spec->cache_max, 0);
    greylist->networks = lru_create(NETWORKS_MAX, sizeof(struct network_load));
    greylist->waiting = lru_create(WAITING_MAX, 0);
    greylist->pg = pg_create(base, &spec->database);
    if (greylist->pg)
        greylist->batch = greylist_batch_create(
            base,
            &(struct greylist_batch_spec){
                .pg = greylist->pg, .timeout_ms = spec->timeout_ms, .on_item = on_item, .arg = greylist});
    if (!greylist->passed || !greylist->networks || !greylist->waiting || !greylist->batch) {
        greylist_destroy(greylist);
        return NULL;
    }
    counter_register(&cached);
    counter_register(&away);
    counter_register(&capped);
    counter_register(&connected);
    return greylist;
}

void greylist_destroy(struct greylist *greylist)
{
    if (!greylist)
        return;
    pg_destroy(greylist->pg);
    greylist_batch_destroy(greylist->batch);
    lru_destroy(greylist->passed);
    lru_destroy(greylist->networks);
    lru_destroy(greylist->waiting);
    free(greylist);
}

static struct network_load *load_of(const struct greylist *greylist, struct lru_key network)
{
    const int64_t now = clock_mono_s();
    struct network_load *load = lru_find(greylist->networks, network, now);
    if (load)
        return load;
    load = lru_put(greylist->networks, network, now + greylist->rules.window);
    if (load)
        *load = (struct network_load){.expires = now + greylist->rules.window};
    return load;
}

enum share { SHARE_HELD, SHARE_TAKEN, SHARE_USED_UP };

// Reserves a waiting row for the key, unless it has one already. The cap per network limits such rows.
static enum share take_pending(const struct greylist *greylist, const struct greylist_item *item)
{
    if (lru_find(greylist->waiting, item->key, clock_mono_s()))
        return SHARE_HELD;
    struct network_load *load = load_of(greylist, item->network);
    if (!load || load->pending >= greylist->rules.network_cap)
        return SHARE_USED_UP;
    if (!lru_put(greylist->waiting, item->key, load->expires))
        return SHARE_HELD;
    load->pending++;
    return SHARE_TAKEN;
}

// PostgreSQL accepts valid UTF-8 only, and one client's bytes must not make a batch fail.
static struct slice to_ascii(struct slice text, char out[ADDRESS_MAX])
{
    const size_t len = text.len < ADDRESS_MAX ? text.len : ADDRESS_MAX;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(text.ptr[i] > ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : '?');
    return slice_make(out, len);
}

static bool is_cached(const struct greylist *greylist, struct lru_key key, struct slice client)
{
    const int64_t now = clock_mono_s();
    return lru_find(greylist->passed, key, now) || lru_find(greylist->passed, client_key(client), now);
}

// A network with too many pending rows shares one row from then on: the table stays small, and a sender that
// retries still passes after the delay.
static void make_coarse(const struct identity *identity, struct greylist_item *item, struct slice texts[3])
{
    texts[0] = slice_from(identity->network);
    texts[1] = texts[2] = SLICE("*");
    item->key = lru_key(texts, 3);
    item->coarse = true;
    counter_add(&capped, 1);
}

static void notify(greylist_callback callback, enum greylist_outcome outcome, void *arg)
{
    if (callback)
        callback(outcome, arg);
}

struct greylist_ask *greylist_ask(struct greylist *greylist, const struct directory_snapshot *rows,
                                  const struct greylist_key *key, greylist_callback callback, void *arg)
{
    char sender[ADDRESS_MAX], recipient[ADDRESS_MAX];
    struct slice texts[3] = {slice_from(key->identity->text), to_ascii(key->sender, sender),
                             to_ascii(key->recipient, recipient)};
    struct greylist_item item = {.key = lru_key(texts, 3)};
    bool full = false;
    reload_rules(greylist, rows);
    if (is_cached(greylist, item.key, texts[0])) {
        notify(callback, GREYLIST_PASS, arg);
        return NULL;
    }
    if (!pg_ready(greylist->pg)) {
        counter_add(&away, 1);
        notify(callback, GREYLIST_UNAVAILABLE, arg);
        return NULL;
    }
    const struct slice network = slice_from(key->identity->network);
    item.network = lru_key(&network, 1);
    const enum share share = take_pending(greylist, &item);
    if (share == SHARE_USED_UP)
        make_coarse(key->identity, &item, texts);
    if (item.coarse && is_cached(greylist, item.key, texts[0])) {
        notify(callback, GREYLIST_PASS, arg);
        return NULL;
    }
    struct greylist_ask *ask =
        greylist_batch_add(greylist->batch, &item, texts, &greylist->rules, callback, arg, &full);
    if (full) {
        if (share == SHARE_TAKEN)
            release_pending(greylist, &item);
        counter_add(&away, 1);
        notify(callback, GREYLIST_UNAVAILABLE, arg);
    }
    return ask;
}

void greylist_cancel(struct greylist_ask *ask)
{
    greylist_batch_cancel(ask);
}

void greylist_refresh(const struct greylist *greylist)
{
    counter_set(&cached, (double)lru_count(greylist->passed));
    counter_set(&connected, pg_ready(greylist->pg));
}
