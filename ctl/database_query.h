// SPDX-License-Identifier: BSD-2-Clause
// One statement to PostgreSQL on behalf of a command, and its rows as a table.
#ifndef CTL_DATABASE_QUERY_H
#define CTL_DATABASE_QUERY_H

#include "ctl/command/ctl_command.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

#define DATABASE_QUERY_OPTION                                                                                \
    {                                                                                                        \
        "database", 0, "CONNINFO", "EMG_PG", "dbname=emailgency", "libpq connection string of the database"  \
    }

#define DATABASE_QUERY_JSON                                                                                  \
    {                                                                                                        \
        "json", 0, NULL, NULL, NULL, "print JSON, an object per line"                                        \
    }

// Connects, waiting 5 s at most. Returns NULL after a message on stderr; else PQfinish() is the caller's.
PGconn *database_query_connect(const char *conninfo);

// Runs a statement with `count` parameters as text. Returns its rows, which are the caller's to clear; NULL
// after the server's message on stderr.
PGresult *database_query_run(PGconn *connection, const char *sql, int count, const char *const *values);

// Prints a text. Control characters become "?", since those of a server's reply would steer the terminal.
void database_query_print_text(FILE *out, const char *text);

// Prints the rows below the names of their columns. Control characters become "?".
void database_query_print(const PGresult *rows);

// Connects, runs the statement and prints its rows; without rows the line `none`, unless it is NULL. Returns
// an exit code: EX_UNAVAILABLE without a connection, EX_DATAERR if the database refuses.
int database_query_show(const char *conninfo, const char *sql, int count, const char *const *values,
                        const char *none);

// The same as one JSON object per line, or none; without `json` as above.
int database_query_list(const char *conninfo, bool json, const char *sql, int count,
                        const char *const *values, const char *none);

// Runs a call of the schema that returns one JSON document, and prints it: as such, or as rows of names and
// values. The rest as database_query_run and database_query_show.
int database_query_document(PGconn *connection, bool json, const char *call, int count,
                            const char *const *values);

// Returns whether `text` is the number of a row; if not, says so on stderr.
bool database_query_is_id(const char *text) __attribute__((warn_unused_result));

#endif
