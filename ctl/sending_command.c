// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/sending_command.h"

#include "ctl/database_query.h"

#include <stdio.h>
#include <sysexits.h>

#define STATE                                                                                                \
    "select m.address as name, 'mailbox' as kind, m.smtp_deny or d.smtp_deny and not m.smtp_deny_exempt "    \
    "as denied, coalesce(case when m.smtp_deny then m.smtp_denied_by when not m.smtp_deny_exempt then "      \
    "d.smtp_denied_by end, '') as denied_by, (select count(*) from emailgency.held_message h where "         \
    "h.login = m.address and h.state in ('queued', 'held')) as held from emailgency.served_domain s "        \
    "join emailgency.domain d on d.name = s.domain join emailgency.mailbox m on m.address = "                \
    "lower(split_part($1, '@', 1)) || '@' || s.domain where s.name = lower(split_part($1, '@', 2)) "         \
    "union all select d.name, 'domain', d.smtp_deny, coalesce(d.smtp_denied_by, ''), (select count(*) "      \
    "from emailgency.held_message h where h.domain = d.name and h.state in ('queued', 'held')) "             \
    "from emailgency.served_domain s join emailgency.domain d on d.name = s.domain "                         \
    "where s.name = lower($1)"

#define TIME(column) "to_char(" column ", 'YYYY-MM-DD HH24:MI:SS')"
#define HELD                                                                                                 \
    "select node, queue_id, login, coalesce(sender, '') as sender, " TIME(                                   \
        "queued_at") " as queued, state, case when wanted <> state and state in ('queued', 'held') then "    \
                     "wanted else '' end as pending, coalesce(requested_by, '') as by, problem from "        \
                     "emailgency.held_message where ($1 = '' or login = lower($1) or domain = lower($1) or " \
                     "queue_id = $1) and ($2::boolean or state in ('queued', 'held')) "                      \
                     "order by queued_at, id limit 10000"

enum { DATABASE, JSON, ALL };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    {.name = NULL},
};
static const struct ctl_option list_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [JSON] = DATABASE_QUERY_JSON,
    [ALL] = {"all", 0, NULL, NULL, NULL, "those that were released or deleted, too"},
    {.name = NULL},
};

// Runs the call, and prints the state that it led to.
static int call(const char *sql, char *const *operands, const char *const *values)
{
    const char *const *parameters = (const char *const *)operands;
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    PGresult *rows = database_query_run(connection, sql, 1, parameters);
    const bool done = rows != NULL;
    PQclear(rows);
    PQfinish(connection);
    return done ? database_query_list(values[DATABASE], values[JSON], STATE, 1, parameters, NULL)
                : EX_DATAERR;
}

static int deny(char *const *operands, const char *const *values)
{
    return call("select emailgency.deny_sending($1)", operands, values);
}

const struct ctl_command deny_command = {
    .name = "deny",
    .operands = "ADDRESS|DOMAIN",
    .summary = "deny sending to a mailbox or a domain, and hold what it has queued",
    .options = options,
    .run = deny,
};

static int allow(char *const *operands, const char *const *values)
{
    return call("select emailgency.allow_sending($1)", operands, values);
}

const struct ctl_command allow_command = {
    .name = "allow",
    .operands = "ADDRESS|DOMAIN",
    .summary = "allow sending again to a mailbox or a domain",
    .options = options,
    .run = allow,
};

static int list(char *const *operands, const char *const *values)
{
    const char *const parameters[] = {operands[0] ? operands[0] : "", values[ALL] ? "true" : "false"};
    return database_query_list(values[DATABASE], values[JSON], HELD, 2, parameters, "no mail is held");
}

const struct ctl_command held_list_command = {
    .name = "held list",
    .operands = "[ADDRESS|DOMAIN|QUEUE-ID]",
    .summary = "print the queued mail of users who may not send",
    .options = list_options,
    .run = list,
};

#define RELEASE "select emailgency.release_held($1) as messages"
#define DELETE "select emailgency.delete_held($1) as messages"

static int release(char *const *operands, const char *const *values)
{
    return database_query_list(values[DATABASE], values[JSON], RELEASE, 1, (const char *const *)operands,
                               NULL);
}

const struct ctl_command held_release_command = {
    .name = "held release",
    .operands = "ADDRESS|DOMAIN|QUEUE-ID",
    .summary = "have held mail delivered",
    .options = options,
    .run = release,
};

static int delete_mail(char *const *operands, const char *const *values)
{
    return database_query_list(values[DATABASE], values[JSON], DELETE, 1, (const char *const *)operands,
                               NULL);
}

const struct ctl_command held_delete_command = {
    .name = "held delete",
    .operands = "ADDRESS|DOMAIN|QUEUE-ID",
    .summary = "delete held mail from the queues",
    .options = options,
    .run = delete_mail,
};
