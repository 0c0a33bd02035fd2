// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/database_look.h"

#include "ctl/check/postgresql_check.h"

#include <libpq-fe.h>
#include <stdlib.h>

// A line "pg.DAEMON.NAME = value".
static void print(FILE *out, const char *daemon, const char *name, const char *value)
{
    fprintf(out, "pg.%s.%s = ", daemon, name);
    for (; *value; value++)
        fputc((unsigned char)*value < ' ' ? ' ' : *value, out);
    fputc('\n', out);
}

// The rows of a query, or NULL after a line .problem.
static PGresult *ask(PGconn *connection, const struct database_look *look, const char *query, FILE *out)
{
    PGresult *result = PQexec(connection, query);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    print(out, look->daemon, "problem", PQerrorMessage(connection));
    PQclear(result);
    return NULL;
}

// The first column of the first row.
static void ask_one(PGconn *connection, const struct database_look *look, const char *name, const char *query,
                    FILE *out)
{
    PGresult *result = ask(connection, look, query, out);
    if (result && PQntuples(result) > 0)
        print(out, look->daemon, name, PQgetvalue(result, 0, 0));
    PQclear(result);
}

static void ask_each(PGconn *connection, const struct database_look *look, const char *name,
                     const char *query, FILE *out)
{
    char numbered[64];
    PGresult *result = ask(connection, look, query, out);
    for (int i = 0; result && i < PQntuples(result); i++) {
        snprintf(numbered, sizeof numbered, "%s.%d", name, i);
        print(out, look->daemon, numbered, PQgetvalue(result, i, 0));
    }
    PQclear(result);
}

// The grants that are missing, by the catalogue: to_regclass() fails without the right to use the schema.
static void ask_rights(PGconn *connection, const struct database_look *look, FILE *out)
{
    static const char
        head[] = "with schema as (select oid from pg_namespace where nspname = 'emailgency'), wanted (kind, "
                 "object) as (values ",
        tail[] = ") select 'grant usage on schema emailgency to ' || quote_ident(current_user) from schema "
                 "where not has_schema_privilege(oid, 'usage') union all "
                 "select format('grant %s on %s emailgency.%I to %I', kind, case kind when 'execute' then "
                 "'function' else 'table' end, "
                 "object, current_user) from wanted, schema where not case kind "
                 "when 'execute' then exists (select from pg_proc p where p.pronamespace = schema.oid and "
                 "proname = object "
                 "and has_function_privilege(p.oid, 'execute')) "
                 "else exists (select from pg_class c where c.relnamespace = schema.oid and relname = object "
                 "and has_table_privilege(c.oid, kind)) end";
    char query[4096];
    size_t len = (size_t)snprintf(query, sizeof query, "%s", head);
    bool any = false;
    for (const struct postgresql_right *at = postgresql_rights; at->daemon; at++)
        if (strcmp(at->daemon, look->daemon) == 0 && len < sizeof query) {
            len += (size_t)snprintf(query + len, sizeof query - len, "%s('%s', '%s')", any ? ", " : "",
                                    at->right, at->object);
            any = true;
        }
    if (len < sizeof query)
        snprintf(query + len, sizeof query - len, "%s", tail);
    if (any)
        ask_each(connection, look, "missing", query, out);
}

// The number of migrations, where this role may read it; 0 where there is no schema.
static void ask_schema(PGconn *connection, const struct database_look *look, FILE *out)
{
    PGresult *result =
        ask(connection, look,
            "select c.oid is not null, coalesce(has_table_privilege(c.oid, 'select') and "
            "has_schema_privilege(n.oid, 'usage'), false) "
            "from (values (1)) one left join pg_namespace n on nspname = 'emailgency' "
            "left join pg_class c on c.relnamespace = n.oid and c.relname = 'schema_migration'",
            out);
    if (!result || PQntuples(result) == 0 || PQgetvalue(result, 0, 0)[0] != 't')
        print(out, look->daemon, "schema", "0");
    else if (PQgetvalue(result, 0, 1)[0] == 't')
        ask_one(connection, look, "schema",
                "select coalesce(max(version), 0) from emailgency.schema_migration", out);
    PQclear(result);
}

static void ask_admin(PGconn *connection, const struct database_look *look, FILE *out)
{
    ask_one(connection, look, "code", "select hash from emailgency.schema_code", out);
    if (strcmp(PQparameterStatus(connection, "is_superuser"), "on") != 0)
        return;
    ask_one(connection, look, "hba_file", "show hba_file", out);
    ask_one(connection, look, "ident_file", "show ident_file", out);
    ask_each(connection, look, "hba",
             "select format('line %s: %s', line_number, error) from pg_hba_file_rules where error is not "
             "null order by line_number",
             out);
}

// A pooler hands out process ids of its own. What is set there stays for whoever gets the server's connection
// next.
static bool is_pooled(PGconn *connection)
{
    PGresult *result = PQexec(connection, "select pg_backend_pid()");
    const bool pooled = PQresultStatus(result) == PGRES_TUPLES_OK &&
                        strtol(PQgetvalue(result, 0, 0), NULL, 10) != PQbackendPID(connection);
    PQclear(result);
    return pooled;
}

static void ask_all(PGconn *connection, const struct database_look *look, FILE *out)
{
    if (strcmp(look->daemon, "dovecot") == 0) {
        ask_one(connection, look, "logins", "select count(*) from emailgency.dovecot_passdb('')", out);
        return;
    }
    if (is_pooled(connection)) {
        print(out, look->daemon, "pooled", "yes");
    } else {
        PQclear(PQexec(connection, "set statement_timeout = '5s'"));
        PQclear(PQexec(connection, "set lock_timeout = '5s'"));
    }
    if (strcmp(look->daemon, "admin") == 0) {
        ask_admin(connection, look, out);
        return;
    }
    ask_rights(connection, look, out);
    if (strcmp(look->daemon, "replicator") == 0)
        ask_schema(connection, look, out);
}

void database_look(FILE *out, void *arg)
{
    const struct database_look *look = arg;
    const char *const keys[] = {"dbname",
                                look->password && look->password[0] ? "password" : "application_name",
                                "connect_timeout", NULL};
    const char *const values[] = {
        look->conninfo, look->password && look->password[0] ? look->password : "emailgencyctl", "5", NULL};
    PGconn *connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(connection) == CONNECTION_OK)
        ask_all(connection, look, out);
    else
        print(out, look->daemon, "problem", PQerrorMessage(connection));
    PQfinish(connection);
}
