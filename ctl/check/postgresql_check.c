// SPDX-License-Identifier: BSD-2-Clause
// Facts: pg.DAEMON.problem (the log-in failed), .denied (this account may not try), .missing.N (a grant),
// .pooled (not the server's own connection),
// .schema (number of the last migration; 0: none), pg.admin.code (hash of sql/code), .hba.N (faults of
// pg_hba.conf); program.schema, program.code, program.migrate (the script's path): those of this program.
#include "ctl/check/postgresql_check.h"

const char *const postgresql_daemons[] = {"replicator", "policyd", "milter", "notifier", "tracker", NULL};

const struct postgresql_right postgresql_rights[] = {
    {"replicator", "select", "schema_migration"},
    {"replicator", "select", "directory_change"},
    {"replicator", "select", "directory_state"},
    {"replicator", "select", "setting"},
    {"replicator", "select", "plan"},
    {"replicator", "select", "domain"},
    {"replicator", "select", "domain_alias"},
    {"replicator", "select", "alias"},
    {"replicator", "select", "whitelist"},
    {"replicator", "select", "dnsbl"},
    {"replicator", "select", "best_mx"},
    {"replicator", "execute", "prune_directory_change"},
    {"replicator", "execute", "notification_queue_holder"},
    {"policyd", "select", "greylist"},
    {"policyd", "insert", "greylist"},
    {"policyd", "update", "greylist"},
    {"policyd", "select", "greylist_client"},
    {"policyd", "insert", "greylist_client"},
    {"policyd", "update", "greylist_client"},
    {"policyd", "execute", "expire_greylist"},
    {"policyd", "execute", "record_activity"},
    {"milter", "execute", "record_activity"},
    {"notifier", "execute", "report_best_mx"},
    {"tracker", "execute", "record_trace"},
    {NULL, NULL, NULL},
};

// The command that brings the schema to this release.
static void run_migrate(const struct node_check *check, struct finding *finding)
{
    const struct slice script = fact_text(check->facts, "program.migrate");
    const struct slice database = fact_text(check->facts, "pg.replicator.database");
    finding_run(finding, "runuser -u postgres -- %.*s 'dbname=%.*s'", (int)script.len, script.ptr,
                (int)database.len, database.ptr);
}

static void check_schema(const struct node_check *check)
{
    static const char *const name = "schema";
    int64_t have, wanted;
    if (!fact_number(check->facts, &have, "pg.replicator.schema") ||
        !fact_number(check->facts, &wanted, "program.schema"))
        return;
    if (have == wanted)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is %lld, as in this program",
                    (long long)have);
    else if (have > wanted)
        finding_run(finding_add(check->findings, FINDING_ERROR, name, NULL,
                                "the daemons may not understand the rows",
                                "is %lld, and this program is of %lld", (long long)have, (long long)wanted),
                    "emailgencyctl --version # install the release that migrated the database");
    else
        run_migrate(check, finding_add(check->findings, FINDING_ERROR, name, NULL,
                                       "the replica stays as it is: edits are not in force",
                                       have ? "is %lld, and this program needs %lld"
                                            : "is %lld: no schema; this program needs %lld",
                                       (long long)have, (long long)wanted));
}

static void check_code(const struct node_check *check)
{
    static const char *const name = "schema.code";
    const struct slice have = fact_text(check->facts, "pg.admin.code"),
                       wanted = fact_text(check->facts, "program.code");
    if (have.len == 0)
        finding_add(check->findings, FINDING_OK, name, NULL, NULL,
                    "is not compared: only a superuser or operator may read it");
    else if (slice_equal(have, wanted))
        finding_add(check->findings, FINDING_OK, name, NULL, NULL, "is this program's");
    else
        run_migrate(check,
                    finding_add(check->findings, FINDING_ERROR, name, NULL,
                                "functions, triggers and rights are those of another release",
                                "is %.*s, and this program's is %.*s", (int)(have.len < 12 ? have.len : 12),
                                have.ptr, (int)(wanted.len < 12 ? wanted.len : 12), wanted.ptr));
}

static void check_hba(const struct node_check *check)
{
    struct slice fault;
    char file[256];
    (void)slice_copy(fact_text(check->facts, "pg.admin.hba_file"), file, sizeof file);
    for (size_t n = 0; (fault = fact_text(check->facts, "pg.admin.hba.%zu", n)).len > 0; n++)
        finding_run(finding_add(check->findings, FINDING_ERROR, file, NULL,
                                "PostgreSQL keeps the lines that it had, and does not start again with these",
                                "%.*s", (int)fault.len, fault.ptr),
                    "editor %s && runuser -u postgres -- psql -c 'select pg_reload_conf()'", file);
}

static void check_rights(const struct node_check *check, const char *daemon, const char *parameter)
{
    struct slice grant;
    size_t n = 0;
    for (; (grant = fact_text(check->facts, "pg.%s.missing.%zu", daemon, n)).len > 0; n++)
        finding_sql(finding_add(check->findings, FINDING_ERROR, parameter, NULL,
                                "the daemon's statements fail", "lacks a right: %.*s", (int)grant.len,
                                grant.ptr),
                    "%.*s", (int)grant.len, grant.ptr);
    if (n == 0)
        finding_add(check->findings, FINDING_OK, parameter, NULL, NULL, "logs in, and has its rights");
}

// The one daemon that is woken by notifications.
static void check_session(const struct node_check *check)
{
    if (fact_text(check->facts, "pg.replicator.pooled").len > 0)
        finding_run(finding_add(check->findings, FINDING_WARNING, "pg.replicator.database", NULL,
                                "a pooler passes no notifications: edits are in force at the next "
                                "poll_interval only",
                                "leads to a pooler, and the replicator listens"),
                    "editor /etc/emailgency/replicator.conf # database: the servers themselves");
}

static void check_daemon(const struct node_check *check, const char *daemon)
{
    char parameter[64];
    const struct slice problem = fact_text(check->facts, "pg.%s.problem", daemon);
    const struct slice denied = fact_text(check->facts, "pg.%s.denied", daemon);
    snprintf(parameter, sizeof parameter, "pg.%s", daemon);
    const struct slice conf = fact_text(check->facts, "conf.%s.problem", daemon);
    if (conf.len > 0)
        finding_of_conf(check->findings, parameter, conf);
    else if (denied.len > 0)
        finding_unknown(check->findings, parameter, denied);
    else if (problem.len > 0)
        postgresql_login(check, daemon, problem);
    else if (fact_text(check->facts, "pg.%s.user", daemon).len > 0)
        check_rights(check, daemon, parameter);
}

void postgresql_check(const struct node_check *check)
{
    for (size_t i = 0; postgresql_daemons[i]; i++)
        check_daemon(check, postgresql_daemons[i]);
    check_session(check);
    check_schema(check);
    if (fact_text(check->facts, "pg.replicator.schema").len > 0)
        check_code(check);
    check_hba(check);
}
