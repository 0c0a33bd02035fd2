// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/notifier.h"

#include "directory/directory_age.h"
#include "notifier/best_mx/best_mx.h"
#include "notifier/notifier_conf.h"

static struct directory *directory;
static struct resolver *resolver;
static struct best_mx_report *report;
static struct best_mx *best_mx;

// It opens no socket that needs more rights.
bool notifier_start(struct event_base *base, struct problem *problem)
{
    (void)base;
    (void)problem;
    directory_age_register("emailgency_notifier_replica_age_seconds");
    return true;
}

static void on_lost(void *arg)
{
    (void)arg;
    best_mx_again(best_mx);
}

static bool open_report(struct event_base *base)
{
    if (!*notifier_conf.database.conninfo)
        return true;
    const struct best_mx_report_spec spec = {.database =
                                                 pg_spec_of(&notifier_conf.database, "emailgency-notifier"),
                                             .node = daemon_node_name(notifier_conf.node),
                                             .on_lost = on_lost};
    report = best_mx_report_create(base, &spec);
    return report != NULL;
}

static bool open_best_mx(struct event_base *base)
{
    const struct best_mx_spec spec = {.hosts = notifier_conf.mx_hosts,
                                      .interval_ms = notifier_conf.mx_check_interval * 1000,
                                      .directory = directory,
                                      .resolver = resolver,
                                      .report = report};
    if (!*notifier_conf.mx_hosts)
        return true;
    best_mx = best_mx_create(base, &spec);
    return best_mx != NULL;
}

bool notifier_run(struct event_base *base, struct problem *problem)
{
    const struct resolver_spec spec = {DNS_SETTINGS(notifier_conf.dns), .in_flight_max = 16};
    resolver = resolver_create(base, &spec, problem);
    if (!resolver)
        return false;
    directory = directory_create(notifier_conf.directory);
    return (directory && open_report(base) && open_best_mx(base)) || problem_set(problem, "out of memory");
}

void notifier_finish(void)
{
    best_mx_destroy(best_mx);
    best_mx_report_destroy(report);
    resolver_destroy(resolver);
    directory_destroy(directory);
}

void notifier_refresh(void)
{
    directory_age_refresh(directory);
    best_mx_report_refresh(report);
}
