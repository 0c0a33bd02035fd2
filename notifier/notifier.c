// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/notifier.h"

#include "base/cidr.h"
#include "base/log.h"
#include "directory/directory_age.h"
#include "installation/installation.h"
#include "notifier/absence_parts.h"
#include "notifier/alert_routes.h"
#include "notifier/aliases/alias_round.h"
#include "notifier/best_mx/best_mx.h"
#include "notifier/hold/hold_round.h"
#include "notifier/node_round.h"
#include "notifier/notifier_conf.h"
#include "notifier/outbox/outbox.h"
#include "notifier/queue/flush_round.h"
#include "notifier/queue/queue_round.h"
#include "notifier/round_trips.h"
#include "notifier/rounds/probe_round.h"
#include "notifier/texts/phrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static struct directory *directory;
static struct resolver *resolver;
static struct best_mx_report *report;
static struct best_mx *best_mx;
static struct pg *pg; // incidents and what leads to them
static SSL_CTX *tls;
static struct socket_address source;
static struct probe_round *probes;
static struct outbox *outbox;
static struct queue_round *queue;
static struct flush_round *flush;
static struct node_round *node_reports;
static struct hold_round *hold;
static struct alias_round *aliases;

bool notifier_start(struct event_base *base, struct problem *problem)
{
    directory_age_register("emailgency_notifier_replica_age_seconds");
    return round_trips_start(base, problem);
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
    best_mx = best_mx_create(base, &spec);
    return best_mx != NULL;
}

static bool read_source(struct problem *problem)
{
    char text[CIDR_TEXT_MAX + 8];
    struct ip ip;
    if (!*notifier_conf.probe_bind_address)
        return true;
    if (!ip_parse(slice_from(notifier_conf.probe_bind_address), &ip))
        return problem_set(problem, "probe_bind_address is no IP address such as 192.0.2.25");
    snprintf(text, sizeof text, ip.bits == 32 ? "%s:0" : "[%s]:0", notifier_conf.probe_bind_address);
    return socket_address_parse(text, &source, problem);
}

static bool open_database(struct event_base *base)
{
    if (!*notifier_conf.database.conninfo)
        return true;
    struct pg_spec database = pg_spec_of(&notifier_conf.database, "emailgency-notifier");
    pg = pg_create(base, &database);
    tls = probe_tls_create();
    return pg && tls;
}

// Without catalogues the texts are English.
static void open_texts(void)
{
    char installed[INSTALLATION_PATH_MAX];
    struct problem why;
    const char *folder = notifier_conf.locale_folder;
    if (!*folder) {
        if (!installation_find(INSTALLATION_DATA, "locale", installed, &why))
            log_warn("all alerts are in English: %s", why.text);
        folder = installed;
    }
    phrase_open(folder);
}

static bool open_outbox(struct event_base *base, struct problem *problem)
{
    if (!pg)
        return true;
    if (!alert_routes_open(base, resolver, problem))
        return false;
    const struct outbox_spec spec = {.pg = pg,
                                     .node = daemon_node_name(notifier_conf.node),
                                     .host = daemon_node_name(notifier_conf.node),
                                     .mail = alert_routes_mail(),
                                     .sms = alert_routes_sms(),
                                     .webhook = alert_routes_webhook(),
                                     .kept_days = (unsigned)notifier_conf.kept_days};
    open_texts();
    outbox = outbox_create(base, &spec);
    return outbox || problem_set(problem, "out of memory");
}

static bool open_probes(struct event_base *base)
{
    if (!pg)
        return true;
    const struct probe_round_spec spec = {.pg = pg,
                                          .directory = directory,
                                          .node = daemon_node_name(notifier_conf.node),
                                          .means = {.base = base,
                                                    .resolver = resolver,
                                                    .helo = *notifier_conf.helo_name
                                                                ? notifier_conf.helo_name
                                                                : daemon_node_name(notifier_conf.node),
                                                    .own_hosts = notifier_conf.mx_hosts,
                                                    .directory = directory,
                                                    .source = source.len ? &source : NULL,
                                                    .tls = tls},
                                          .in_flight_max = (unsigned)notifier_conf.probes_in_flight,
                                          .spool = absence_parts_path("probes")};
    probes = probe_round_create(base, &spec);
    return probes != NULL;
}

static bool open_queue(struct event_base *base)
{
    if (!pg)
        return true;
    const char *node = daemon_node_name(notifier_conf.node);
    queue =
        queue_round_create(base, &(struct queue_round_spec){.pg = pg,
                                                            .directory = directory,
                                                            .node = node,
                                                            .socket = notifier_conf.queuewatch,
                                                            .kept_days = (unsigned)notifier_conf.kept_days});
    flush = flush_round_create(&(struct flush_means){.base = base,
                                                     .pg = pg,
                                                     .directory = directory,
                                                     .node = node,
                                                     .socket = notifier_conf.queuewatch,
                                                     .postqueue = notifier_conf.postqueue,
                                                     .probes = probe_round_means(probes)});
    node_reports =
        node_round_create(base, &(struct node_round_spec){.pg = pg, .directory = directory, .node = node});
    hold = hold_round_create(
        base, &(struct hold_round_spec){.pg = pg, .node = node, .socket = notifier_conf.queuehold});
    aliases =
        alias_round_create(base, &(struct alias_round_spec){.pg = pg, .resolver = resolver, .node = node});
    return queue && flush && node_reports && hold && aliases;
}

bool notifier_run(struct event_base *base, struct problem *problem)
{
    const struct resolver_spec spec = {DNS_SETTINGS(notifier_conf.dns), .in_flight_max = 512};
    resolver = resolver_create(base, &spec, problem);
    if (!resolver)
        return false;
    directory = directory_create(notifier_conf.directory);
    // postdrop(1) writes with this account's group postdrop. Without its set-group-ID bit it takes any
    // instance's configuration (Postfix src/global/mail_conf.c).
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return problem_set(problem, "cannot give up new privileges");
    // The instance of sendmail(1) and postqueue(1).
    if (*notifier_conf.postfix_config && setenv("MAIL_CONFIG", notifier_conf.postfix_config, 1) != 0)
        return problem_set(problem, "out of memory");
    if (!read_source(problem))
        return false;
    if (!directory || !open_report(base) || !open_best_mx(base) || !open_database(base) || !open_probes(base))
        return problem_set(problem, "out of memory");
    if (!open_outbox(base, problem) || !((open_queue(base) && round_trips_run(base, pg, directory)) ||
                                         problem_set(problem, "out of memory")))
        return false;
    return !pg || absence_parts_open(base, pg, directory, probes, problem);
}

void notifier_finish(void)
{
    // First, since it calls those whose statements wait.
    pg_destroy(pg);
    round_trips_finish();
    absence_parts_close();
    alias_round_destroy(aliases);
    hold_round_destroy(hold);
    node_round_destroy(node_reports);
    flush_round_destroy(flush);
    queue_round_destroy(queue);
    outbox_destroy(outbox);
    alert_routes_close();
    probe_round_destroy(probes);
    SSL_CTX_free(tls);
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
