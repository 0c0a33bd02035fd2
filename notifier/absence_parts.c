// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/absence_parts.h"

#include "notifier/alert_routes.h"
#include "notifier/away/absence_alert.h"
#include "notifier/away/database_watch.h"
#include "notifier/away/heartbeat.h"
#include "notifier/notifier_conf.h"
#include "transfer/transfer_url.h"

#include <limits.h>
#include <stdio.h>

static struct probe_round *probes;
static struct database_watch *watch;
static struct absence_alert *alert;
static struct heartbeat *heartbeat;

const char *absence_parts_path(const char *name)
{
    static char path[PATH_MAX];
    if (!*notifier_conf.spool)
        return "";
    snprintf(path, sizeof path, "%s/%s", notifier_conf.spool, name);
    return path;
}

static void on_turn(enum database_state state, int64_t answered_at, int64_t silent_ms, void *arg)
{
    (void)arg;
    probe_round_set_away(probes, state == DATABASE_AWAY);
    absence_alert_turn(alert, state, answered_at, silent_ms);
}

// An absence of the database is no reason: servers are watched, and the operator is alerted from here. That
// this could not be done is one.
static bool is_healthy(const char **why)
{
    if (!probe_round_watches(probes))
        *why = "no server is watched";
    else if (!absence_alert_is_settled(alert))
        *why = "the operator cannot be alerted that the database is away";
    else
        return true;
    return false;
}

static bool open_heartbeat(struct event_base *base, struct problem *problem)
{
    struct problem found;
    if (!*notifier_conf.heartbeat_url)
        return true;
    if (!transfer_check_http(notifier_conf.heartbeat_url, notifier_conf.plain_hosts, &found))
        return problem_set(problem, "heartbeat_url: %s", found.text);
    heartbeat = heartbeat_create(base, &(struct heartbeat_spec){.transfers = alert_routes_transfers(),
                                                                .url = notifier_conf.heartbeat_url,
                                                                .method = notifier_conf.heartbeat_method,
                                                                .is_healthy = is_healthy});
    return heartbeat || problem_set(problem, "out of memory");
}

bool absence_parts_open(struct event_base *base, struct pg *pg, struct directory *directory,
                        struct probe_round *round, struct problem *problem)
{
    probes = round;
    alert = absence_alert_create(
        base, &(struct absence_alert_spec){.pg = pg,
                                           .directory = directory,
                                           .node = daemon_node_name(notifier_conf.node),
                                           .host = daemon_node_name(notifier_conf.node),
                                           .spool = absence_parts_path("absence"),
                                           .contacts = notifier_conf.operator_contacts,
                                           .after_ms = notifier_conf.database_alert_after * 1000,
                                           .mail = alert_routes_mail(),
                                           .sms = alert_routes_sms()});
    watch = database_watch_create(
        base, &(struct database_watch_spec){
                  .pg = pg, .timeout_ms = notifier_conf.database.timeout_ms, .on_turn = on_turn});
    if (!alert || !watch)
        return problem_set(problem, "out of memory");
    return open_heartbeat(base, problem);
}

void absence_parts_close(void)
{
    heartbeat_destroy(heartbeat);
    database_watch_destroy(watch);
    absence_alert_destroy(alert);
}
