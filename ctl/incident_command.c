// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/incident_command.h"

#include "ctl/database_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define TIME(column) "to_char(" column ", 'YYYY-MM-DD HH24:MI:SS')"
#define STATE_OF_MESSAGE                                                                                     \
    "case when o.sent_at is not null then 'sent' when o.failed_at is not null then 'failed' "                \
    "when o.dropped_at is not null then 'dropped' when o.lease_until > now() then 'being sent' "             \
    "else 'waiting' end"
#define MESSAGES                                                                                             \
    "select o.id, " STATE_OF_MESSAGE " as state, coalesce(o.domain, '(operator)') as domain, "               \
    "concat_ws(' ', nullif(o.kind, ''), o.transition) as about, o.channel, o.address, "                      \
    "o.attempts, " TIME(                                                                                     \
        "coalesce(o.sent_at, o.failed_at, o.dropped_at, o.due_at)") " as at, "                               \
                                                                    "coalesce(o.last_error, '') as error "   \
                                                                    "from emailgency.outbox o "

enum { DATABASE, ALL };
static const struct ctl_option list_options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [ALL] = {"all", 0, NULL, NULL, NULL, "those that are over, too: the latest 1000"},
    {.name = NULL},
};
static const struct ctl_option options[] = {[DATABASE] = DATABASE_QUERY_OPTION, {.name = NULL}};

static int list_incidents(char *const *operands, const char *const *values)
{
    static const char sql[] = "select id, coalesce(domain, '(operator)') as domain, kind, subject, " TIME(
        "opened_at") " as opened, coalesce(" TIME("closed_at") ", '') as closed, "
                                                               "detail from emailgency.incident where "
                                                               "closed_at is null or $1::boolean "
                                                               "order by id desc limit 1000";
    const char *const all[] = {values[ALL] ? "true" : "false"};
    (void)operands;
    return database_query_show(values[DATABASE], sql, 1, all,
                               values[ALL] ? "there was no incident" : "no incident is open");
}

const struct ctl_command incident_list_command = {
    .name = "incident list",
    .summary = "print the open incidents of the customers and of the service",
    .options = list_options,
    .run = list_incidents,
};

static int show_incident(char *const *operands, const char *const *values)
{
    static const char sql[] = "select id, coalesce(domain, '(operator)') as domain, kind, subject, " TIME(
        "opened_at") " as opened, coalesce(" TIME("closed_at") ", 'open') as closed, "
                                                               "detail from emailgency.incident where id = "
                                                               "$1::bigint";
    if (!database_query_is_id(operands[0]))
        return EX_USAGE;
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    PGresult *rows = database_query_run(connection, sql, 1, (const char *const *)operands);
    PGresult *messages =
        rows ? database_query_run(connection, MESSAGES "where o.incident = $1::bigint order by o.id", 1,
                                  (const char *const *)operands)
             : NULL;
    const bool found = rows && messages && PQntuples(rows) == 1;
    if (found) {
        database_query_print(rows);
        puts(PQntuples(messages) ? "" : "\nthere is no message about it");
        if (PQntuples(messages))
            database_query_print(messages);
    } else if (rows && messages) {
        fprintf(stderr, "emailgencyctl: there is no incident %s\n", operands[0]);
    }
    PQclear(messages);
    PQclear(rows);
    PQfinish(connection);
    return found ? EX_OK : EX_DATAERR;
}

const struct ctl_command incident_show_command = {
    .name = "incident show",
    .operands = "ID",
    .summary = "print an incident and the messages about it",
    .options = options,
    .run = show_incident,
};

static int list_alerts(char *const *operands, const char *const *values)
{
    const char *const all[] = {values[ALL] ? "true" : "false"};
    (void)operands;
    return database_query_show(values[DATABASE],
                               MESSAGES "where o.sent_at is null and o.dropped_at is null or $1::boolean "
                                        "order by o.id desc limit 1000",
                               1, all,
                               values[ALL] ? "there was no message" : "no message waits, and none failed");
}

const struct ctl_command alert_list_command = {
    .name = "alert list",
    .summary = "print the messages to contacts that wait or failed",
    .options = list_options,
    .run = list_alerts,
};

static int retry_alert(char *const *operands, const char *const *values)
{
    if (!database_query_is_id(operands[0]))
        return EX_USAGE;
    return database_query_show(values[DATABASE],
                               "select 'is sent again' as message from "
                               "(select emailgency.retry_outbox($1::bigint)) as one",
                               1, (const char *const *)operands, NULL);
}

const struct ctl_command alert_retry_command = {
    .name = "alert retry",
    .operands = "ID",
    .summary = "send a message again that failed for good",
    .options = options,
    .run = retry_alert,
};

static int test_contact(char *const *operands, const char *const *values)
{
    return database_query_show(values[DATABASE],
                               "select 'is sent; emailgencyctl alert list --all shows it' as message "
                               "from (select emailgency.contact_test($1, $2, $3)) as one",
                               3, (const char *const *)operands, NULL);
}

const struct ctl_command contact_test_command = {
    .name = "contact test",
    .operands = "DOMAIN KIND ADDRESS",
    .summary = "send a test message to a contact of a domain; KIND is mail, sms or webhook",
    .options = options,
    .run = test_contact,
};
