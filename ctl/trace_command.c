// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/trace_command.h"

#include "ctl/database_query.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo/"

enum { DATABASE, SENDER, RECIPIENT, DOMAIN, QUEUE_ID, MESSAGE_ID, CLIENT, SINCE, UNTIL, LIMIT, JSON };
static const struct ctl_option options[] = {
    [DATABASE] = DATABASE_QUERY_OPTION,
    [SENDER] = {"sender", 0, "ADDRESS", NULL, NULL, "from this address; * is any text, <> the null sender"},
    [RECIPIENT] = {"recipient", 0, "ADDRESS", NULL, NULL, "to this address; * is any text"},
    [DOMAIN] = {"domain", 0, "DOMAIN", NULL, NULL, "of this customer, received or sent"},
    [QUEUE_ID] = {"queue-id", 0, "ID", NULL, NULL, "with this queue id on any node"},
    [MESSAGE_ID] = {"message-id", 0, "ID", NULL, NULL, "with this Message-ID; * is any text"},
    [CLIENT] = {"client", 0, "IP|NET", NULL, NULL, "from this address, network or host name"},
    [SINCE] = {"since", 0, "TIME", NULL, "14 days", "from then on: a time, or a span of time before now"},
    [UNTIL] = {"until", 0, "TIME", NULL, NULL, "before then"},
    [LIMIT] = {"limit", 0, "N", NULL, "100", "the newest N messages, at most 1000"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "print an object per message, with all events"},
    {.name = NULL},
};

enum { AT, MAIL, SOURCE, OUTCOME, STORY, SETTING, CHANGE, DETAILS };
static const char search[] =
    "select to_char(t.at, 'YYYY-MM-DD HH24:MI:SS'), t.mail, t.source, t.outcome, t.story, t.setting, "
    "t.change, t.details || jsonb_build_object('outcome', t.outcome, 'story', t.story, 'setting', t.setting, "
    "'change', t.change) from emailgency.trace(word => $1, sender => $2, recipient => $3, domain => $4, "
    "queue_id => $5, message_id => $6, client => $7, since => emailgency.trace_time($8), "
    "until => emailgency.trace_time($9), most => $10::integer) as t";

// Finds the time zone of the terminal in `link`, which the system's file /etc/localtime is, or in TZ; NULL if
// PostgreSQL would not have it.
static const char *find_zone(char link[PATH_MAX])
{
    char path[PATH_MAX];
    const char *zone = getenv("TZ");
    if (!zone || !zone[0]) {
        const ssize_t len = readlink("/etc/localtime", link, PATH_MAX - 1);
        link[len > 0 ? len : 0] = '\0';
        const char *found = strstr(link, "zoneinfo/");
        zone = found ? found + strlen("zoneinfo/") : NULL;
    }
    if (!zone || snprintf(path, sizeof path, ZONES "%s", zone) >= (int)sizeof path)
        return NULL;
    return !strstr(zone, "..") && access(path, R_OK) == 0 ? zone : NULL;
}

static void print_notice(void *unused, const PGresult *notice)
{
    const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(notice, PG_DIAG_MESSAGE_HINT);
    (void)unused;
    fputs("emailgencyctl: ", stderr);
    database_query_print_text(stderr, message ? message : "");
    fputs(hint ? ". " : "", stderr);
    database_query_print_text(stderr, hint ? hint : "");
    fputc('\n', stderr);
}

static void print_line(const char *before, const PGresult *rows, int row, int column)
{
    if (PQgetisnull(rows, row, column))
        return;
    fputs(before, stdout);
    database_query_print_text(stdout, PQgetvalue(rows, row, column));
    putchar('\n');
}

static void print_message(const PGresult *rows, int row)
{
    printf("%s%s ", row ? "\n" : "", PQgetvalue(rows, row, AT));
    database_query_print_text(stdout, PQgetvalue(rows, row, MAIL));
    printf(": %s\n", PQgetvalue(rows, row, OUTCOME));
    print_line("    ", rows, row, STORY);
    print_line("    ", rows, row, SOURCE);
    print_line("    decided by: ", rows, row, SETTING);
    print_line("    to change it: ", rows, row, CHANGE);
}

// Says that there is none, and what may be the reason.
static int print_none(PGconn *connection)
{
    PGresult *rows = database_query_run(connection, "select emailgency.trace_nothing()", 0, NULL);
    if (!rows)
        return EX_DATAERR;
    fputs("emailgencyctl: ", stderr);
    database_query_print_text(stderr, PQgetvalue(rows, 0, 0));
    fputc('\n', stderr);
    PQclear(rows);
    return EX_OK;
}

static int show(PGconn *connection, const char *const *parameters, bool json)
{
    PGresult *rows = database_query_run(connection, search, 10, parameters);
    if (!rows)
        return EX_DATAERR;
    const int count = PQntuples(rows);
    for (int row = 0; row < count; row++)
        if (json)
            print_line("", rows, row, DETAILS);
        else
            print_message(rows, row);
    PQclear(rows);
    return count ? EX_OK : print_none(connection);
}

static int run(char *const *operands, const char *const *values)
{
    char link[PATH_MAX];
    const char *const zone = find_zone(link);
    const char *const parameters[] = {operands[0],      values[SENDER],     values[RECIPIENT], values[DOMAIN],
                                      values[QUEUE_ID], values[MESSAGE_ID], values[CLIENT],    values[SINCE],
                                      values[UNTIL],    values[LIMIT]};
    if (!database_query_is_id(values[LIMIT]))
        return EX_USAGE;
    if (zone)
        (void)setenv("PGTZ", zone, false);
    PGconn *connection = database_query_connect(values[DATABASE]);
    if (!connection)
        return EX_UNAVAILABLE;
    (void)PQsetNoticeReceiver(connection, print_notice, NULL);
    PGresult *bounded =
        database_query_run(connection, "select set_config('statement_timeout', '60s', false)", 0, NULL);
    const int code = bounded ? show(connection, parameters, values[JSON]) : EX_DATAERR;
    PQclear(bounded);
    PQfinish(connection);
    return code;
}

const struct ctl_command trace_command = {
    .name = "trace",
    .operands = "[WORD]",
    .summary = "print what happened to messages, and the setting that decided",
    .options = options,
    .run = run,
};
