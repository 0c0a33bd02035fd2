// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check/postgresql_check.h"

// The subject of a log-in, for its remedies.
struct login {
    const struct node_check *check;
    const char *daemon, *parameter;
    struct slice problem, user, database, account;
    bool local;
    char hba[256], ident[256];
};

static bool says(const struct login *login, const char *words)
{
    return memmem(login->problem.ptr, login->problem.len, words, strlen(words)) != NULL;
}

static struct finding *add(const struct login *login, const char *parameter, const char *why)
{
    return finding_add(login->check->findings, FINDING_ERROR, parameter, NULL, why, "%.*s",
                       (int)login->problem.len, login->problem.ptr);
}

static const char *effect(const char *daemon)
{
    static const struct {
        const char *daemon, *why;
    } effects[] = {
        {"replicator", "edits of rows are not in force"},
        {"policyd", "unknown senders are not greylisted, and counts wait"},
        {"milter", "counts wait"},
        {"notifier", "domains whose best MX is this service are not reported: their mail loops and bounces"},
        {"tracker", "what happens to messages is not recorded; the mail log keeps it meanwhile"},
    };
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (strcmp(effects[i].daemon, daemon) == 0)
            return effects[i].why;
    return "the daemon waits for it";
}

// Both lines are needed: one that names the map, and one that lets the account use the role.
static void add_peer(const struct login *login, bool by_ident)
{
    const char *why = effect(login->daemon);
    finding_write(add(login, login->hba, why), login->hba, "local %.*s %.*s peer map=emailgency",
                  (int)login->database.len, login->database.ptr, (int)login->user.len, login->user.ptr);
    if (by_ident)
        finding_write(add(login, login->ident, why), login->ident, "emailgency %.*s %.*s",
                      (int)login->account.len, login->account.ptr, (int)login->user.len, login->user.ptr);
}

static void add_unreachable(const struct login *login)
{
    struct finding *finding =
        add(login, "postgresql", "edits of rows are not in force; mail flows from the replica");
    if (login->local)
        finding_run(finding, "systemctl start postgresql");
    else
        finding_run(finding, "pg_isready -d \"$(sed -n 's/^database *= *//p' /etc/emailgency/%s.conf)\"",
                    login->daemon);
}

// The client's address in `no pg_hba.conf entry for host "192.0.2.6", …`.
static struct slice client_of(const struct login *login)
{
    static const char mark[] = "for host \"";
    const char *at = memmem(login->problem.ptr, login->problem.len, mark, strlen(mark));
    struct slice address = SLICE("ADDRESS"), rest;
    if (at)
        (void)slice_split(slice_skip(login->problem, (size_t)(at - login->problem.ptr) + strlen(mark)), '"',
                          &address, &rest);
    return address;
}

static void add_host(const struct login *login)
{
    const struct slice client = client_of(login);
    finding_write(add(login, login->hba, effect(login->daemon)), login->hba,
                  "hostssl %.*s %.*s %.*s/%s scram-sha-256", (int)login->database.len, login->database.ptr,
                  (int)login->user.len, login->user.ptr, (int)client.len, client.ptr,
                  memchr(client.ptr, ':', client.len) ? "128" : "32");
}

static bool add_missing(const struct login *login)
{
    const char *why = effect(login->daemon);
    const struct slice script = fact_text(login->check->facts, "program.migrate");
    if (says(login, "role ") && says(login, "does not exist"))
        finding_run(add(login, login->parameter, why), "runuser -u postgres -- %.*s 'dbname=%.*s'",
                    (int)script.len, script.ptr, (int)login->database.len, login->database.ptr);
    else if (says(login, "database ") && says(login, "does not exist"))
        finding_run(add(login, login->parameter, why), "runuser -u postgres -- createdb %.*s",
                    (int)login->database.len, login->database.ptr);
    else if (says(login, "is not permitted to log in"))
        finding_sql(add(login, login->parameter, why), "alter role %.*s login", (int)login->user.len,
                    login->user.ptr);
    else if (says(login, "permission denied for database"))
        finding_sql(add(login, login->parameter, why), "grant connect on database %.*s to %.*s",
                    (int)login->database.len, login->database.ptr, (int)login->user.len, login->user.ptr);
    else
        return false;
    return true;
}

static bool add_refused(const struct login *login)
{
    const char *why = effect(login->daemon);
    if (says(login, "Peer authentication failed"))
        add_peer(login, true);
    else if (says(login, "no pg_hba.conf entry") && login->local)
        add_peer(login, false);
    else if (says(login, "no pg_hba.conf entry"))
        add_host(login);
    else if (says(login, "password"))
        finding_sql(add(login, login->parameter, why),
                    "alter role %.*s password '...' -- the first line of database_password_file in %s.conf",
                    (int)login->user.len, login->user.ptr, login->daemon);
    else if (says(login, "too many") || says(login, "remaining connection slots"))
        finding_sql(add(login, login->parameter, why),
                    "alter system set max_connections = 200 -- and restart PostgreSQL");
    else
        return false;
    return true;
}

void postgresql_login(const struct node_check *check, const char *daemon, struct slice problem)
{
    char parameter[64];
    struct login login = {.check = check,
                          .daemon = daemon,
                          .parameter = parameter,
                          .problem = problem,
                          .user = fact_text(check->facts, "pg.%s.user", daemon),
                          .database = fact_text(check->facts, "pg.%s.database", daemon),
                          .account = fact_text(check->facts, "pg.%s.account", daemon),
                          .local = slice_equal(fact_text(check->facts, "pg.%s.local", daemon), SLICE("yes")),
                          .hba = "pg_hba.conf",
                          .ident = "pg_ident.conf"};
    const struct slice hba = fact_text(check->facts, "pg.admin.hba_file"),
                       ident = fact_text(check->facts, "pg.admin.ident_file");
    snprintf(parameter, sizeof parameter, "pg.%s", daemon);
    if (hba.len > 0 && ident.len > 0) {
        (void)slice_copy(hba, login.hba, sizeof login.hba);
        (void)slice_copy(ident, login.ident, sizeof login.ident);
    }
    if (add_missing(&login) || add_refused(&login))
        return;
    if (says(&login, "onnection refused") || says(&login, "No such file") || says(&login, "timeout") ||
        says(&login, "could not translate") || says(&login, "starting up") || says(&login, "shutting down"))
        add_unreachable(&login);
    else
        finding_run(add(&login, parameter, effect(daemon)), "journalctl -u postgresql -n 20");
}
