// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap.h"

#include "base/counter.h"
#include "daemon/daemon.h"
#include "transportmap/best_mx.h"
#include "transportmap/best_mx_report.h"
#include "transportmap/lookup_fault.h"
#include "transportmap/transportmap_conf.h"
#include "transportmap/transportmap_service.h"

enum { DATABASE_MS = 15000 };

static struct directory *directory;
static struct resolver *resolver;
static struct best_mx_report *report;
static struct best_mx_found *found;
static struct best_mx *best_mx;
static struct route_rules rules;

static struct counter age = {
    .name = "emailgency_transportmap_replica_age_seconds",
    .help = "Seconds since the replica was last proved to be current; -1: never, or no replica.",
    .kind = COUNTER_GAUGE};

static void follow_conf(void)
{
    rules = (struct route_rules){.lmtp_destination = transportmap_conf.lmtp_destination,
                                 .ipv4 = transportmap_uses("ipv4"),
                                 .ipv6 = transportmap_uses("ipv6"),
                                 .own_hosts = transportmap_conf.mx_hosts,
                                 .found = found};
}

static void on_by_mx(const char *domain)
{
    if (best_mx)
        best_mx_hurry(best_mx, domain);
}

// Bind before privileges are dropped: the queue directory is writable by root and postfix only.
const char *transportmap_start(struct event_base *base)
{
    follow_conf();
    return transportmap_service_start(
        base, &(struct transportmap_service_spec){
                  .listening = &transportmap_conf.listen, .rules = &rules, .on_by_mx = on_by_mx});
}

static void on_lost(void *arg)
{
    (void)arg;
    best_mx_again(best_mx);
}

static bool start_report(struct event_base *base)
{
    if (!*transportmap_conf.database.conninfo)
        return true;
    transportmap_conf.database.timeout_ms = DATABASE_MS;
    const struct best_mx_report_spec spec = {
        .database = pg_spec_of(&transportmap_conf.database, "emailgency-transportmap"),
        .node = daemon_node_name(transportmap_conf.node),
        .on_lost = on_lost};
    report = best_mx_report_create(base, &spec);
    return report != NULL;
}

static const char *start_best_mx(struct event_base *base)
{
    static char problem[256];
    const struct resolver_spec spec = {.servers = transportmap_conf.dns.servers,
                                       .timeout_ms = transportmap_conf.dns.timeout_ms,
                                       .max_ttl = 3600,
                                       .cache_max = 1000,
                                       .under_way_max = 16};
    if (!*transportmap_conf.mx_hosts)
        return NULL;
    resolver = resolver_create(base, &spec, problem, sizeof problem);
    if (!resolver)
        return problem;
    found = best_mx_found_create();
    if (!found || !start_report(base))
        return "out of memory";
    follow_conf();
    best_mx =
        best_mx_create(base, &(struct best_mx_spec){.hosts = transportmap_conf.mx_hosts,
                                                    .interval_ms = transportmap_conf.mx_check_interval * 1000,
                                                    .directory = directory,
                                                    .resolver = resolver,
                                                    .report = report,
                                                    .found = found});
    return best_mx ? NULL : "out of memory";
}

// Looks for the replica now, while there are descriptors to open it with: clients may take them all.
static void look_for_rows(void)
{
    const struct directory_snapshot *rows;
    if (directory_begin(directory, &rows) == DIRECTORY_OK)
        directory_end(directory);
    else
        lookup_fault_no_directory(directory_problem(directory));
}

const char *transportmap_run(struct event_base *base)
{
    directory = directory_create(transportmap_conf.directory);
    if (!directory)
        return "out of memory";
    look_for_rows();
    counter_register(&age);
    transportmap_service_serve(directory);
    return start_best_mx(base);
}

void transportmap_reload(void)
{
    follow_conf();
}

void transportmap_finish(void)
{
    transportmap_service_finish();
    best_mx_destroy(best_mx);
    best_mx_report_destroy(report);
    best_mx_found_destroy(found);
    resolver_destroy(resolver);
    directory_destroy(directory);
}

void transportmap_refresh(void *arg)
{
    (void)arg;
    counter_set(&age, directory_age(directory));
}
