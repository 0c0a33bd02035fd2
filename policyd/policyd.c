// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd.h"

#include "base/log.h"
#include "daemon/daemon.h"
#include "directory/directory_age.h"
#include "policyd/decision_log.h"
#include "policyd/dnsbl_report.h"
#include "policyd/greylist/greylist_expiry.h"
#include "policyd/login_service.h"
#include "policyd/outbound/sending_judge.h"
#include "policyd/policyd_conf.h"
#include "policyd/policyd_service.h"

static struct request_services services;
static struct resolver *resolver;
static struct pg *upkeep; // what no request waits for
static struct greylist_expiry *expiry;
static struct dnsbl_report *lists;
static struct sending_judge *judge;

// Bind before privileges are dropped: the queue directory is writable by root and postfix only.
bool policyd_start(struct event_base *base, struct problem *problem)
{
    services.base = base;
    return policyd_service_start(&services, &policyd_conf.listen, problem);
}

static bool open_resolver(struct event_base *base, struct problem *problem)
{
    const struct resolver_spec spec = {DNS_SETTINGS(policyd_conf.dns), .in_flight_max = 10000};
    resolver = resolver_create(base, &spec, problem);
    return resolver != NULL;
}

static void follow_conf(void)
{
    services.answer_within_ms = policyd_conf.answer_within_ms;
    services.dns_timeout_ms = policyd_conf.dns.timeout_ms;
}

// Else the log would say so at the first request only.
static void look_for_rows(void)
{
    const struct directory_snapshot *rows;
    if (directory_begin(services.directory, &rows) == DIRECTORY_OK)
        directory_end(services.directory);
    else
        decision_log_fault(DECISION_LOG_NO_DIRECTORY, directory_problem(services.directory));
}

static bool open_upkeep(struct event_base *base)
{
    const struct pg_spec database = pg_spec_of(&policyd_conf.database, "policyd upkeep");
    upkeep = pg_create(base, &database);
    expiry = greylist_expiry_create(base, upkeep);
    lists = dnsbl_report_create(
        base, &(struct dnsbl_report_spec){
                  .pg = upkeep, .dnsbl = services.dnsbl, .node = daemon_node_name(policyd_conf.node)});
    judge = sending_judge_create(base, upkeep);
    return upkeep && expiry && lists && judge;
}

bool policyd_run(struct event_base *base, struct problem *problem)
{
    if (!open_resolver(base, problem))
        return false;
    follow_conf();
    directory_age_register("emailgency_policyd_replica_age_seconds");
    services.rules = identity_rules_create();
    if (!services.rules)
        log_warn("no public suffix list, so clients are known by their network only; install the package "
                 "publicsuffix");
    services.directory = directory_create(policyd_conf.directory);
    if (services.directory)
        look_for_rows();
    services.dnsbl = dnsbl_create(base, resolver);
    services.greylist = greylist_create(
        base, &(struct greylist_spec){.cache_max = (size_t)policyd_conf.greylist_cache,
                                      .timeout_ms = policyd_conf.database.timeout_ms,
                                      .database = pg_spec_of(&policyd_conf.database, "policyd greylist")});
    services.outbound = outbound_create(
        base, &(struct outbound_spec){.node = daemon_node_name(policyd_conf.node),
                                      .timeout_ms = policyd_conf.database.timeout_ms,
                                      .database = pg_spec_of(&policyd_conf.database, "policyd outbound")});
    services.activity = activity_create(
        base, &(struct activity_spec){.node = daemon_node_name(policyd_conf.node),
                                      .spool = policyd_conf.activity.spool,
                                      .interval_ms = policyd_conf.activity.interval_ms,
                                      .database = pg_spec_of(&policyd_conf.database, "policyd activity")});
    services.instances = transactions_create();
    const bool complete = services.directory && services.dnsbl && services.greylist && services.outbound &&
                          services.activity && services.instances;
    if (!complete || !open_upkeep(base))
        return problem_set(problem, "out of memory");
    return login_service_start(base, problem);
}

void policyd_reload(void)
{
    follow_conf();
    activity_set_interval(services.activity, policyd_conf.activity.interval_ms);
}

static void on_flushed(void *arg)
{
    (void)arg;
    daemon_stopped();
}

static void on_counted(void *arg)
{
    (void)arg;
    activity_flush(services.activity, on_flushed, NULL);
}

static void on_drained(void)
{
    outbound_flush(services.outbound, on_counted, NULL);
}

// A request that was taken gets its answer: else Postfix would fall back to its default.
void policyd_stop(void)
{
    policyd_service_drain(services.answer_within_ms, on_drained);
}

void policyd_finish(void)
{
    policyd_service_finish();
    login_service_finish();
    pg_destroy(upkeep);
    dnsbl_report_destroy(lists);
    greylist_expiry_destroy(expiry);
    sending_judge_destroy(judge);
    greylist_destroy(services.greylist);
    outbound_destroy(services.outbound);
    activity_destroy(services.activity);
    transactions_destroy(services.instances);
    dnsbl_destroy(services.dnsbl);
    resolver_destroy(resolver);
    identity_rules_destroy(services.rules);
    directory_destroy(services.directory);
}

void policyd_refresh(void)
{
    directory_age_refresh(services.directory);
    greylist_refresh(services.greylist);
    outbound_refresh(services.outbound);
    activity_refresh(services.activity);
}
