// SPDX-License-Identifier: BSD-2-Clause
#include "database_fixture.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAIT_MS = 10000, TURN_US = 5000 };

static PGconn *conn;
static char value[4096];

void database_reconnect(void)
{
    char conninfo[256];
    PQfinish(conn);
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", getenv("PG_TEST_HOST"));
    conn = PQconnectdb(conninfo);
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    (void)database_value("set search_path = emailgency");
    (void)database_value("set lock_timeout = '5s'");
}

int database_setup(void **state)
{
    (void)state;
    database_reconnect();
    return 0;
}

int database_teardown(void **state)
{
    (void)state;
    PQfinish(conn);
    conn = NULL;
    return 0;
}

const char *database_value(const char *format, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start()
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    PGresult *result = PQexec(conn, sql);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    snprintf(value, sizeof value, "%s",
             PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

struct pg_spec database_spec(const char *folder, int64_t timeout_ms)
{
    static char conninfo[2][256];
    char *text = conninfo[folder ? 1 : 0];
    snprintf(text, sizeof conninfo[0], "host=%s user=emailgency_daemon dbname=postgres",
             folder ? folder : getenv("PG_TEST_HOST"));
    return (struct pg_spec){.conninfo = text, .name = "policyd test", .timeout_ms = timeout_ms};
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void turn(struct event_base *base)
{
    const struct timeval most = {.tv_usec = TURN_US};
    event_base_once(base, -1, EV_TIMEOUT, on_turn, NULL, &most);
    event_base_loop(base, EVLOOP_ONCE);
}

void database_run_until(struct event_base *base, bool (*done)(void *arg), void *arg)
{
    const int64_t end = clock_mono_ms() + WAIT_MS;
    while (!done(arg)) {
        if (clock_mono_ms() > end)
            fail_msg("waited for %d ms in vain", WAIT_MS);
        turn(base);
    }
}

void database_run_ms(struct event_base *base, int ms)
{
    for (const int64_t end = clock_mono_ms() + ms; clock_mono_ms() < end;)
        turn(base);
}
