// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/account_command.h"

#include "ctl/database_query.h"

#include <stdio.h>
#include <sysexits.h>

#define TIME(column) "coalesce(to_char(" column ", 'YYYY-MM-DD HH24:MI:SS'), '')"

#define DOMAINS                                                                                              \
    "array(select d.domain from emailgency.domain_admin d where d.login = a.login order by d.domain)"
#define SESSIONS                                                                                             \
    "(select count(*) from emailgency.console_session s where s.login = a.login and s.kind = 'admin')"

enum { DATABASE, JSON, DOMAIN, NO_MAIL };
enum { END = DOMAIN };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};
static const struct ctl_option add_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [DOMAIN] = {"domain", 0, "DOMAIN", NULL, NULL, "the first domain that it administers"},
    [NO_MAIL] = {"no-mail", 0, NULL, NULL, NULL, "send no link to set the password"},
    {.name = NULL},
};
static const struct ctl_option session_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [END] = {"end", 0, NULL, NULL, NULL, "end them"},
    {.name = NULL},
};

static int list_accounts(char *const *operands, const char *const *values)
{
    static const char text[] =
        "select a.login, array_to_string(" DOMAINS ", ' ') as domains, case when a.disabled then 'disabled' "
        "when a.password is null then 'no password' else '' end as state, case when a.totp is not null then "
        "'yes' "
        "else 'no' end as second_factor, " SESSIONS
        " as sessions, " TIME("a.last_login_at") " as last_login "
                                                 "from emailgency.account a order by a.login";
    static const char json[] =
        "select a.login, " DOMAINS " as domains, a.disabled, a.password is not null as password, "
        "a.totp is not null as second_factor, a.watches, " SESSIONS
        " as sessions, a.language, a.created_at, a.last_login_at, "
        "host(a.last_login_from) as last_login_from from emailgency.account a order by a.login";
    (void)operands;
    return database_query_list(values[DATABASE], values[JSON], values[JSON] ? json : text, 0, NULL,
                               "there is no account");
}

const struct ctl_command account_list_command = {
    .name = "account list",
    .operands = "",
    .summary = "print the accounts of the web console, with their domains",
    .options = options,
    .run = list_accounts,
};

// Runs a call that returns a JSON document.
static int call(const char *const *values, const char *sql, int count, const char *const *parameters)
{
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    const int code = database_query_document(connection, values[JSON], sql, count, parameters);
    PQfinish(connection);
    return code;
}

static int add_account(char *const *operands, const char *const *values)
{
    const char *const parameters[] = {operands[0], values[DOMAIN], values[NO_MAIL] ? "false" : "true"};
    return call(values, "emailgency.add_account($1, $2, $3::boolean)", 3, parameters);
}

const struct ctl_command account_add_command = {
    .name = "account add",
    .operands = "LOGIN",
    .summary = "make an account of the web console, and mail a link to set its password",
    .options = add_options,
    .run = add_account,
};

static int disable_account(char *const *operands, const char *const *values)
{
    return call(values, "emailgency.change_account($1, true)", 1, (const char *const *)operands);
}

const struct ctl_command account_disable_command = {
    .name = "account disable",
    .operands = "LOGIN",
    .summary = "refuse the log-ins of an account, and end its sessions",
    .options = options,
    .run = disable_account,
};

static int enable_account(char *const *operands, const char *const *values)
{
    return call(values, "emailgency.change_account($1, false)", 1, (const char *const *)operands);
}

const struct ctl_command account_enable_command = {
    .name = "account enable",
    .operands = "LOGIN",
    .summary = "allow the log-ins of a disabled account",
    .options = options,
    .run = enable_account,
};

static int grant_domain(char *const *operands, const char *const *values)
{
    return call(values, "emailgency.grant_account($1, $2, true)", 2, (const char *const *)operands);
}

const struct ctl_command account_grant_command = {
    .name = "account grant",
    .operands = "LOGIN DOMAIN",
    .summary = "let an account administer a domain",
    .options = options,
    .run = grant_domain,
};

static int revoke_domain(char *const *operands, const char *const *values)
{
    return call(values, "emailgency.grant_account($1, $2, false)", 2, (const char *const *)operands);
}

const struct ctl_command account_revoke_command = {
    .name = "account revoke",
    .operands = "LOGIN DOMAIN",
    .summary = "take a domain from an account",
    .options = options,
    .run = revoke_domain,
};

static const struct ctl_option watch_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [END] = {"end", 0, NULL, NULL, NULL, "no longer"},
    {.name = NULL},
};

static int watch(char *const *operands, const char *const *values)
{
    const char *const parameters[] = {operands[0], values[END] ? "false" : "true"};
    return call(values, "emailgency.watch_account($1, $2::boolean)", 2, parameters);
}

const struct ctl_command account_watch_command = {
    .name = "account watch",
    .operands = "LOGIN",
    .summary = "let an account see the page of the whole service, to read",
    .options = watch_options,
    .run = watch,
};

#define SESSION_ROWS                                                                                         \
    "select s.kind, s.created_at, s.seen_at, host(s.from_address) as client, s.agent from "                  \
    "emailgency.console_session s where s.login = emailgency.fold_address($1) order by s.seen_at desc"

static int list_sessions(char *const *operands, const char *const *values)
{
    static const char text[] = "select t.kind, " TIME("t.created_at") " as since, " TIME(
        "t.seen_at") " as seen, coalesce(t.client, '') as client, t.agent from (" SESSION_ROWS ") as t";
    if (values[END])
        return call(values, "emailgency.end_account_sessions($1)", 1, (const char *const *)operands);
    return database_query_list(values[DATABASE], values[JSON], values[JSON] ? SESSION_ROWS : text, 1,
                               (const char *const *)operands, "there is no session");
}

const struct ctl_command account_sessions_command = {
    .name = "account sessions",
    .operands = "LOGIN",
    .summary = "print, or end, the sessions of an account or a mailbox",
    .options = session_options,
    .run = list_sessions,
};
