// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/database_query.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { COLUMNS_MAX = 16, WIDTH_MAX = 60, ID_DIGITS_MAX = 18 };

// Control characters of a server's reply would steer the terminal.
static void print_text(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i], out);
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

bool database_query_is_id(const char *text)
{
    const size_t len = strspn(text, "0123456789");
    if (len > 0 && len <= ID_DIGITS_MAX && !text[len])
        return true;
    fprintf(stderr, "emailgencyctl: %s: is no number\n", log_text(slice_from(text)).text);
    return false;
}
