// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/keeper.h"

#include "base/counter.h"
#include "directory/directory_age.h"
#include "mailstore/keeper_conf.h"
#include "mailstore/limits/limits_walk.h"
#include "mailstore/rounds/expiry_round.h"
#include "mailstore/rounds/tidy_round.h"
#include "mailstore/usage/usage_round.h"
#include "transfer/transfer_url.h"

enum {
    CONNECT_MS = 5000,
    LOCK_MS = 300 // a customer's open transaction holds up its own mailbox, and no other
};

static struct counter connected = {.name = "emailgency_keeper_database_up",
                                   .help = "1 while the database is connected.",
                                   .kind = COUNTER_GAUGE};

static struct directory *directory;
static struct transfer_pool *transfers;
static struct doveadm *doveadm;
static struct pg *pg;
static struct store_means means;
static struct limits_walk *limits;
static struct expiry_round *expiry;
static struct tidy_round *tidy;
static struct usage_round *usage;

// It opens no socket that needs more rights.
bool keeper_start(struct event_base *base, struct problem *problem)
{
    (void)base;
    (void)problem;
    directory_age_register("emailgency_keeper_replica_age_seconds");
    counter_register(&connected);
    return true;
}

static void on_listening(enum pg_rc rc, const PGresult *result, void *arg)
{
    (void)rc; // without it requests wait for the next look
    (void)result;
    (void)arg;
}

static void on_ready(struct pg *ready, void *arg)
{
    (void)arg;
    pg_send(ready, &(struct pg_statement){.sql = "listen emailgency_keeper", .on_result = on_listening});
}

static void on_notify(struct pg *notified, const char *channel, void *arg)
{
    (void)notified;
    (void)channel;
    (void)arg;
    if (tidy)
        tidy_round_wake(tidy);
}

static bool open_dovecot(struct event_base *base)
{
    const struct transfer_pool_spec pool = {
        .ca_file = keeper_conf.ca_file, .plain_hosts = keeper_conf.plain_hosts, .connect_ms = CONNECT_MS};
    transfers = transfer_pool_create(base, &pool);
    const struct doveadm_spec spec = {.pool = transfers,
                                      .url = keeper_conf.doveadm_url,
                                      .key = keeper_conf.doveadm_key.value,
                                      .timeout_ms = (long)keeper_conf.doveadm_timeout_ms};
    doveadm = transfers ? doveadm_create(&spec) : NULL;
    return doveadm != NULL;
}

static bool open_database(struct event_base *base)
{
    struct pg_spec database = pg_spec_of(&keeper_conf.database, "emailgency-keeper");
    if (!*keeper_conf.database.conninfo)
        return true;
    database.lock_timeout_ms = LOCK_MS;
    database.on_ready = on_ready;
    database.on_notify = on_notify;
    pg = pg_create(base, &database);
    usage = pg ? usage_round_create(base, pg, keeper_conf.usage_directory) : NULL;
    return usage != NULL;
}

static bool open_rounds(struct event_base *base)
{
    if (!pg || !*keeper_conf.doveadm_key.value)
        return true;
    means = (struct store_means){.base = base,
                                 .pg = pg,
                                 .directory = directory,
                                 .doveadm = doveadm,
                                 .node = daemon_node_name(keeper_conf.node),
                                 .poll_ms = keeper_conf.poll_interval * 1000,
                                 .in_flight_max = (unsigned)keeper_conf.mailboxes_at_once};
    expiry = expiry_round_create(&means);
    tidy = expiry ? tidy_round_create(&means) : NULL;
    return tidy != NULL;
}

bool keeper_run(struct event_base *base, struct problem *problem)
{
    if (!transfer_check_http(keeper_conf.doveadm_url, keeper_conf.plain_hosts, problem))
        return false;
    directory = directory_create(keeper_conf.directory);
    limits = directory ? limits_walk_create(base, directory, keeper_conf.limits_directory) : NULL;
    return (limits && open_dovecot(base) && open_database(base) && open_rounds(base)) ||
           problem_set(problem, "out of memory");
}

void keeper_finish(void)
{
    // First, since it calls those whose statements wait.
    pg_destroy(pg);
    usage_round_destroy(usage);
    tidy_round_destroy(tidy);
    expiry_round_destroy(expiry);
    doveadm_destroy(doveadm);
    transfer_pool_destroy(transfers);
    limits_walk_destroy(limits);
    directory_destroy(directory);
}

void keeper_refresh(void)
{
    directory_age_refresh(directory);
    counter_set(&connected, pg && pg_ready(pg));
}
