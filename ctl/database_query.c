// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/database_query.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { COLUMNS_MAX = 16, WIDTH_MAX = 60, ID_DIGITS_MAX = 18 };

static void print_text(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i], out);
}

void database_query_print_text(FILE *out, const char *text)
{
    print_text(out, text, strlen(text));
}

// The first line of a message of libpq or the server; the rest repeats the statement.
static void print_problem(const char *message)
{
    fputs("emailgencyctl: ", stderr);
    print_text(stderr, message, strcspn(message, "\n"));
    fputc('\n', stderr);
}

PGconn *database_query_connect(const char *conninfo)
{
    static const char *const keys[] = {"dbname", "fallback_application_name", "connect_timeout", NULL};
    const char *const values[] = {conninfo, "emailgencyctl", "5", NULL};
    PGconn *connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(connection) == CONNECTION_OK)
        return connection;
    print_problem(PQerrorMessage(connection));
    PQfinish(connection);
    return NULL;
}

PGresult *database_query_run(PGconn *connection, const char *sql, int count, const char *const *values)
{
    PGresult *rows = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(rows) == PGRES_TUPLES_OK)
        return rows;
    const char *message = PQresultErrorField(rows, PG_DIAG_MESSAGE_PRIMARY);
    print_problem(message ? message : PQerrorMessage(connection));
    PQclear(rows);
    return NULL;
}

static size_t column_width(const PGresult *rows, int column)
{
    size_t width = strlen(PQfname(rows, column));
    for (int row = 0; row < PQntuples(rows); row++) {
        const size_t len = strlen(PQgetvalue(rows, row, column));
        if (len > width && len <= WIDTH_MAX)
            width = len;
    }
    return width;
}

static void print_cell(const char *text, size_t width, bool last)
{
    const size_t len = strlen(text);
    print_text(stdout, text, len);
    if (last)
        putchar('\n');
    else
        printf("%*s", (int)(len < width ? width - len + 2 : 2), "");
}

void database_query_print(const PGresult *rows)
{
    size_t widths[COLUMNS_MAX];
    const int columns = PQnfields(rows) < COLUMNS_MAX ? PQnfields(rows) : COLUMNS_MAX;
    for (int column = 0; column < columns; column++) {
        widths[column] = column_width(rows, column);
        print_cell(PQfname(rows, column), widths[column], column + 1 == columns);
    }
    for (int row = 0; row < PQntuples(rows); row++)
        for (int column = 0; column < columns; column++)
            print_cell(PQgetvalue(rows, row, column), widths[column], column + 1 == columns);
}

int database_query_show(const char *conninfo, const char *sql, int count, const char *const *values,
                        const char *none)
{
    PGconn *connection = database_query_connect(conninfo);
    if (!connection)
        return EX_UNAVAILABLE;
    PGresult *rows = database_query_run(connection, sql, count, values);
    const int code = rows ? EX_OK : EX_DATAERR;
    if (rows && PQntuples(rows) > 0)
        database_query_print(rows);
    else if (rows && none)
        printf("%s\n", none);
    PQclear(rows);
    PQfinish(connection);
    return code;
}

// PostgreSQL escapes control characters in JSON, except DEL.
static void print_lines(const PGresult *rows)
{
    for (int row = 0; row < PQntuples(rows); row++) {
        database_query_print_text(stdout, PQgetvalue(rows, row, 0));
        putchar('\n');
    }
}

int database_query_list(const char *conninfo, bool json, const char *sql, int count,
                        const char *const *values, const char *none)
{
    char *wrapped = NULL;
    if (!json)
        return database_query_show(conninfo, sql, count, values, none);
    if (asprintf(&wrapped, "select row_to_json(t)::text from (%s) as t", sql) < 0)
        return EX_OSERR;
    PGconn *connection = database_query_connect(conninfo);
    PGresult *rows = connection ? database_query_run(connection, wrapped, count, values) : NULL;
    const int code = rows ? EX_OK : connection ? EX_DATAERR : EX_UNAVAILABLE;
    if (rows)
        print_lines(rows);
    PQclear(rows);
    PQfinish(connection);
    free(wrapped);
    return code;
}

// Sizes as people write them; what is null is the plan's.
#define DOCUMENT_ROWS                                                                                        \
    "select j.key as name, case when j.value is null then 'the plan''s' when j.key in ('bytes', 'quota', "   \
    "'max_message_size', 'own_quota', 'own_max_message_size') then pg_size_pretty(j.value::bigint) "         \
    "else j.value end as value from json_each_text(%s) as j"

int database_query_document(PGconn *connection, bool json, const char *call, int count,
                            const char *const *values)
{
    char *sql = NULL;
    if (asprintf(&sql, json ? "select (%s)::text" : DOCUMENT_ROWS, call) < 0)
        return EX_OSERR;
    PGresult *rows = database_query_run(connection, sql, count, values);
    free(sql);
    if (!rows)
        return EX_DATAERR;
    if (json)
        print_lines(rows);
    else
        database_query_print(rows);
    PQclear(rows);
    return EX_OK;
}

bool database_query_is_id(const char *text)
{
    const size_t len = strspn(text, "0123456789");
    if (len > 0 && len <= ID_DIGITS_MAX && !text[len])
        return true;
    fprintf(stderr, "emailgencyctl: %s: is no number\n", log_text(slice_from(text)).text);
    return false;
}
