// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/setup/setup_file.h"
#include "ctl/setup_parts.h"
#include "ctl/setup_run.h"

#define DEFAULT_DOMAIN "emailgency.example" // of setting service_domain

// Both views say what is wrong with a line of a file that is not in force yet.
#define CHECK_FILES                                                                                          \
    "do $$ declare bad text; begin select format('pg_hba.conf line %s: %s', line_number, error) from "       \
    "pg_hba_file_rules where error is not null union all select format('pg_ident.conf line %s: %s', "        \
    "line_number, "                                                                                          \
    "error) from pg_ident_file_mappings where error is not null limit 1 into bad; if found then raise "      \
    "exception "                                                                                             \
    "'%', bad; end if; end $$"

struct server {
    struct setup_text conninfo, maintenance; // of the database, and of one that is always there
    bool exists;                             // the database
    struct setup_text settings;              // "name=value" per line; empty if there is no schema
};

static void finish(struct server *server)
{
    setup_text_finish(&server->conninfo);
    setup_text_finish(&server->maintenance);
    setup_text_finish(&server->settings);
}

static bool query(struct setup_text *conninfo, const char *sql, struct setup_text *out,
                  struct problem *problem)
{
    const char *const argv[] = {"runuser", "-u",    "postgres", "--",
                                "psql",    "-XAtq", "-d",       setup_text_string(conninfo),
                                "-c",      sql,     NULL};
    return setup_run_read(argv, out, problem);
}

static void add_sql(struct setup_plan *plan, enum setup_command_kind kind, struct setup_text *conninfo,
                    const char *sql)
{
    setup_plan_command(plan, kind, "runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d",
                       setup_text_string(conninfo), "-c", sql, NULL);
}

static bool read_server(struct server *server, struct problem *problem)
{
    struct setup_text found = {0}, schema = {0};
    bool done = query(&server->maintenance, "select 1 from pg_database where datname = 'emailgency'", &found,
                      problem);
    server->exists = done && found.len > 0;
    if (server->exists)
        done = query(&server->conninfo, "select 1 where to_regclass('emailgency.setting') is not null",
                     &schema, problem);
    if (done && schema.len)
        done = query(&server->conninfo, "select name || '=' || value from emailgency.setting",
                     &server->settings, problem);
    setup_text_finish(&found);
    setup_text_finish(&schema);
    return done;
}

static struct slice setting(const struct server *server, const char *name)
{
    struct slice rest = setup_text_slice(&server->settings), key, value;
    while (rest.len)
        if (slice_split(setup_line_trim(setup_line_next(&rest)), '=', &key, &value) &&
            slice_equal(key, slice_from(name)))
            return value;
    return SLICE("");
}

static void set(struct setup *setup, struct server *server, const char *name, struct slice value)
{
    struct setup_text sql = {0};
    if (slice_equal(setting(server, name), value))
        return;
    setup_text_print(&sql, "update emailgency.setting set value = '");
    for (size_t i = 0; i < value.len; i++)
        setup_text_print(&sql, value.ptr[i] == '\'' ? "''" : "%c", value.ptr[i]);
    setup_text_print(&sql, "' where name = '%s'", name);
    add_sql(&setup->plan, SETUP_RUN, &server->conninfo, setup_text_string(&sql));
    setup_text_finish(&sql);
}

static bool plan_settings(struct setup *setup, struct server *server, struct problem *problem)
{
    struct setup_text answer = {0};
    const struct slice present = setting(server, "service_domain");
    struct slice wanted = setup->service_domain ? slice_from(setup->service_domain) : present;
    const bool known = setup->service_domain || (present.len && !slice_equal(present, SLICE(DEFAULT_DOMAIN)));
    if (!known && !setup->yes && setup_ask("The service's own domain, such as backup.example.net:", &answer))
        wanted = setup_text_slice(&answer);
    else if (!known)
        return problem_set(problem,
                           "name the service's own domain, the parent of the customers' alternate domains: "
                           "--service-domain backup.example.net");
    set(setup, server, "service_domain", wanted);
    if (setup->postmaster)
        set(setup, server, "postmaster", slice_from(setup->postmaster));
    else if (!setting(server, "postmaster").len)
        setup_plan_note(&setup->plan,
                        "mail to postmaster is refused until setting postmaster has an address: "
                        "--postmaster ADDRESS");
    if (!setting(server, "outgoing_networks").len)
        setup_plan_note(
            &setup->plan,
            "setting outgoing_networks is empty: \"emailgencyctl spf record\" then trusts the record "
            "that setting spf_include names");
    setup_text_finish(&answer);
    return true;
}

static bool plan_schema(struct setup *setup, struct server *server, struct problem *problem)
{
    char migrate[PATH_MAX];
    struct setup_text status = {0};
    const char *conninfo = setup_text_string(&server->conninfo);
    (void)snprintf(migrate, sizeof migrate, "%s/sql/migrate", setup->share);
    const char *const argv[] = {"runuser", "-u", "postgres", "--", migrate, "--status", conninfo, NULL};
    if (!server->exists)
        add_sql(&setup->plan, SETUP_RUN, &server->maintenance, "create database emailgency");
    else if (!setup_run_read(argv, &status, problem))
        return false;
    if (!server->exists || setup_text_holds(setup_text_slice(&status), "pending"))
        setup_plan_command(&setup->plan, SETUP_RUN, "runuser", "-u", "postgres", "--", migrate, conninfo,
                           NULL);
    setup_text_finish(&status);
    return true;
}

static bool plan_file(struct setup *setup, struct server *server, const char *show,
                      void (*apply)(struct slice in, struct setup_text *out), bool *changed,
                      struct problem *problem)
{
    struct setup_text path = {0};
    struct setup_change *change = NULL;
    if (query(&server->maintenance, show, &path, problem)) {
        path.len = setup_line_trim(setup_text_slice(&path)).len;
        change = setup_plan_read(&setup->plan, setup_text_string(&path), problem);
    }
    setup_text_finish(&path);
    if (!change)
        return false;
    if (setup->undo)
        setup_text_add(&change->after, setup_text_slice(&change->base));
    else
        apply(setup_text_slice(&change->base), &change->after);
    *changed = setup_plan_change(&setup->plan, change) || *changed;
    return true;
}

static bool plan_files(struct setup *setup, struct server *server, struct problem *problem)
{
    bool changed = false;
    if (!plan_file(setup, server, "show hba_file", setup_hba_apply, &changed, problem) ||
        !plan_file(setup, server, "show ident_file", setup_ident_apply, &changed, problem))
        return false;
    if (changed) {
        add_sql(&setup->plan, SETUP_CHECK, &server->maintenance, CHECK_FILES);
        add_sql(&setup->plan, SETUP_RELOAD, &server->maintenance, "select pg_reload_conf()");
    }
    return true;
}

// psql(1) finds a cluster of another port by itself (Debian's pg_wrapper), the daemons do not.
static bool check_port(struct server *server, struct problem *problem)
{
    struct setup_text port = {0};
    const struct slice named = setup_database_value(setup_text_slice(&server->conninfo), "port");
    bool done = query(&server->maintenance, "show port", &port, problem);
    const struct slice found = setup_line_trim(setup_text_slice(&port));
    if (done && !slice_equal(found, named.len ? named : SLICE("5432")))
        done = problem_set(problem,
                           "PostgreSQL is on port %.*s, where the daemons do not look for it: --database "
                           "\"host=/run/postgresql port=%.*s dbname=emailgency\"",
                           (int)found.len, found.ptr, (int)found.len, found.ptr);
    setup_text_finish(&port);
    return done;
}

static bool plan_local(struct setup *setup, struct server *server, struct problem *problem)
{
    const struct slice name = setup_database_value(setup_text_slice(&server->conninfo), "dbname");
    if (!slice_equal(name, SLICE("emailgency")))
        return problem_set(problem, "--database: the database of this host is dbname=emailgency, as in "
                                    "\"host=/run/postgresql dbname=emailgency\"");
    if (setup->undo) {
        setup_plan_note(&setup->plan,
                        "the database emailgency and its roles stay; to remove them: dropdb emailgency");
        if (!plan_files(setup, server, problem))
            setup_plan_note(&setup->plan, "pg_hba.conf and pg_ident.conf stay: %s", problem->text);
        return true;
    }
    return check_port(server, problem) && read_server(server, problem) &&
           plan_schema(setup, server, problem) && plan_files(setup, server, problem) &&
           plan_settings(setup, server, problem);
}

// On another host: what its operator is to do there.
static void note_remote(struct setup *setup, struct server *server)
{
    const char *conninfo = setup_text_string(&server->conninfo);
    setup_plan_note(&setup->plan,
                    "PostgreSQL is on another host; do this there, and run setup on each node:");
    setup_plan_note(&setup->plan, "  %s/sql/migrate \"%s user=postgres\"", setup->share, conninfo);
    setup_plan_note(&setup->plan,
                    "  a line of pg_hba.conf for each node: \"hostssl emailgency emailgency_replicator,"
                    "emailgency_policyd,emailgency_milter,emailgency_notifier,emailgency_tracker,emailgency_"
                    "keeper,emailgency_"
                    "dovecot ADDRESS/32 "
                    "scram-sha-256\"");
    setup_plan_note(
        &setup->plan,
        "  \"alter role emailgency_replicator password '...'\" and so on, and the password in the "
        "file of database_password_file on the node, for emailgency_dovecot in logins.ini");
    setup_plan_note(&setup->plan,
                    "  \"update emailgency.setting set value = '%s' where name = 'service_domain'\"",
                    setup->service_domain ? setup->service_domain : "backup.example.net");
}

bool setup_postgresql_plan(struct setup *setup, struct problem *problem)
{
    struct server server = {.exists = false};
    bool done = setup_database(setup, &server.conninfo, problem);
    if (done && !setup_database_is_local(setup_text_slice(&server.conninfo)))
        note_remote(setup, &server);
    else if (done) {
        // The last dbname counts.
        setup_text_print(&server.maintenance, "%s dbname=postgres", setup_text_string(&server.conninfo));
        done = plan_local(setup, &server, problem);
    }
    finish(&server);
    return done;
}
