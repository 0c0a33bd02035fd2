// SPDX-License-Identifier: BSD-2-Clause
// Logs in as each daemon would: with its connection string and password, under its account.
#include "conf/secret.h"
#include "ctl/check/fact.h"
#include "ctl/check/postgresql_check.h"
#include "ctl/check_facts.h"
#include "ctl/child.h"
#include "ctl/database_look.h"
#include "installation/installation.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

// Adds the lines "name = value" that the child printed.
static void add_lines(struct check_facts *facts, const char *text)
{
    fputs(text, facts->out);
}

static struct slice option(struct check_facts *facts, const char *daemon, const char *name)
{
    const struct postconf known = check_facts_read(facts);
    return fact_text(&known, "conf.%s.%s", daemon, name);
}

static void add(struct check_facts *facts, const char *daemon, const char *name, const char *value)
{
    char key[64];
    snprintf(key, sizeof key, "pg.%s.%s", daemon, name);
    check_facts_add(facts, key, "%s", value);
}

// The parts of a connection string that remedies name.
static void add_parts(struct check_facts *facts, const char *daemon, const char *conninfo)
{
    bool local = true;
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    for (const PQconninfoOption *at = options; at && at->keyword; at++) {
        if (!at->val)
            continue;
        if (strcmp(at->keyword, "user") == 0)
            add(facts, daemon, "user", at->val);
        else if (strcmp(at->keyword, "dbname") == 0)
            add(facts, daemon, "database", at->val);
        else if (strcmp(at->keyword, "host") == 0 || strcmp(at->keyword, "hostaddr") == 0)
            local = local && (at->val[0] == '/' || at->val[0] == '\0');
    }
    add(facts, daemon, "local", local ? "yes" : "no");
    PQconninfoFree(options);
}

static void look(struct check_facts *facts, const char *daemon, const char *account,
                 struct database_look *look)
{
    struct problem problem;
    const struct child_spec spec = {
        .act = database_look, .arg = look, .account = account, .errors = CHILD_ERRORS_DROPPED};
    char *text = child_run(&spec, &problem);
    if (text)
        add_lines(facts, text);
    else
        add(facts, daemon,
            slice_has_suffix_nocase(slice_from(problem.text), SLICE("denied")) ? "denied" : "problem",
            problem.text);
    free(text);
}

static void add_daemon(struct check_facts *facts, const char *daemon)
{
    char conninfo[2048], account[64], path[4096];
    struct problem problem;
    char *password = NULL;
    if (!slice_copy(option(facts, daemon, "database"), conninfo, sizeof conninfo) || !conninfo[0])
        return;
    if (!slice_copy(option(facts, daemon, "user"), account, sizeof account) || !account[0])
        snprintf(account, sizeof account, "emailgency-%s", daemon);
    add_parts(facts, daemon, conninfo);
    add(facts, daemon, "account", account);
    (void)slice_copy(option(facts, daemon, "database_password_file"), path, sizeof path);
    if (path[0] && path[0] != '/') {
        add(facts, daemon, "denied", "the password is a credential that systemd passes to the daemon alone");
        return;
    }
    if (path[0] && !(password = secret_read(path, &problem))) {
        add(facts, daemon, "problem", problem.text);
        return;
    }
    struct database_look as = {.daemon = daemon, .conninfo = conninfo, .password = password};
    look(facts, daemon, account, &as);
    secret_free(password);
}

// The facts that only a superuser or operator may read: by the connection that is given, else on the same
// host as the account postgres.
static void add_admin(struct check_facts *facts)
{
    char conninfo[2100];
    const struct slice database = option(facts, "replicator", "database");
    const struct postconf known = check_facts_read(facts);
    struct problem problem;
    if (!facts->admin &&
        (geteuid() != 0 || !slice_equal(fact_text(&known, "pg.replicator.local"), SLICE("yes")) ||
         database.len > 2000))
        return;
    snprintf(conninfo, sizeof conninfo, "%.*s user=postgres", (int)database.len, database.ptr);
    struct database_look as = {.daemon = "admin", .conninfo = facts->admin ? facts->admin : conninfo};
    const struct child_spec spec = {.act = database_look,
                                    .arg = &as,
                                    .account = facts->admin ? NULL : "postgres",
                                    .errors = CHILD_ERRORS_DROPPED};
    char *text = child_run(&spec, &problem);
    if (text)
        add_lines(facts, text);
    free(text);
}

// The log-in of Dovecot, by way of PgBouncer.
void check_facts_logins(struct check_facts *facts)
{
    char conninfo[1024], account[64];
    const struct postconf known = check_facts_read(facts);
    const struct slice user = postconf_value(&known, "dovecot.default_internal_user");
    if (!slice_copy(user, account, sizeof account) || !account[0])
        snprintf(account, sizeof account, "dovecot");
    if (!slice_copy(postconf_value(&known, "dovecot.connect"), conninfo, sizeof conninfo) || !conninfo[0])
        return;
    struct database_look as = {.daemon = "dovecot", .conninfo = conninfo};
    look(facts, "dovecot", account, &as);
}

void check_facts_postgresql(struct check_facts *facts)
{
    char migrate[INSTALLATION_PATH_MAX];
    struct problem missing;
    check_facts_add(facts, "program.schema", "%d", EMG_SCHEMA_VERSION);
    check_facts_add(facts, "program.code", "%s", EMG_SCHEMA_CODE);
    if (installation_find(INSTALLATION_DATA, "emailgency/sql/migrate", migrate, &missing))
        check_facts_add(facts, "program.migrate", "%s", migrate);
    for (size_t i = 0; postgresql_daemons[i]; i++)
        add_daemon(facts, postgresql_daemons[i]);
    add_admin(facts);
}
