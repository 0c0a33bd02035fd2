// SPDX-License-Identifier: BSD-2-Clause
#include "pg_probe.h"

#include "base/clock.h"

// cmocka needs these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void on_ready(struct pg *pg, void *arg)
{
    struct probe *probe = arg;
    (void)pg;
    probe->ready++;
    if (probe->on_ready)
        probe->on_ready(probe);
}

static void on_notify(struct pg *pg, const char *channel, void *arg)
{
    struct probe *probe = arg;
    (void)pg;
    probe->notified++;
    snprintf(probe->channel, sizeof probe->channel, "%s", channel);
}

static void take_value(struct probe *probe, const PGresult *result)
{
    if (PQntuples(result) > 0 && PQnfields(result) > 0)
        snprintf(probe->value, sizeof probe->value, "%s", PQgetvalue(result, 0, 0));
}

static void on_result(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct probe *probe = arg;
    if (rc == PG_OK)
        take_value(probe, result);
    if (rc == PG_OK && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        probe->rows++;
        if (probe->on_row)
            probe->on_row(probe);
        return;
    }
    if (rc == PG_ERROR)
        snprintf(probe->state, sizeof probe->state, "%s", PQresultErrorField(result, PG_DIAG_SQLSTATE));
    probe->rc[probe->outcomes++ % PROBE_OUTCOMES_MAX] = rc;
    if (probe->on_final)
        probe->on_final(probe);
}

void probe_open_conninfo(struct probe *probe, const char *conninfo, int64_t timeout_ms)
{
    *probe = (struct probe){.base = event_base_new()};
    snprintf(probe->conninfo, sizeof probe->conninfo, "%s", conninfo);
    const struct pg_spec spec = {.conninfo = probe->conninfo,
                                 .name = "pg_test",
                                 .timeout_ms = timeout_ms,
                                 .on_ready = on_ready,
                                 .on_notify = on_notify,
                                 .arg = probe};
    probe->pg = pg_create(probe->base, &spec);
    assert_non_null(probe->pg);
}

void probe_open(struct probe *probe, int64_t timeout_ms)
{
    char conninfo[200];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", getenv("PG_TEST_HOST"));
    probe_open_conninfo(probe, conninfo, timeout_ms);
}

void probe_close(struct probe *probe)
{
    pg_destroy(probe->pg);
    event_base_free(probe->base);
}

void probe_send_statement(struct probe *probe, struct pg_statement statement)
{
    statement.on_result = on_result;
    statement.arg = probe;
    pg_send(probe->pg, &statement);
}

void probe_send(struct probe *probe, const char *sql)
{
    probe_send_statement(probe, (struct pg_statement){.sql = sql});
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

// One turn of the loop, of at most 50 ms.
static void turn(struct probe *probe)
{
    const struct timeval tick = {.tv_usec = 50000};
    event_base_once(probe->base, -1, EV_TIMEOUT, on_tick, NULL, &tick);
    event_base_loop(probe->base, EVLOOP_ONCE);
}

static void until(struct probe *probe, const unsigned *have, unsigned wanted)
{
    const int64_t end = clock_mono_ms() + PROBE_WAIT_MS;
    while (*have < wanted) {
        if (clock_mono_ms() > end)
            fail_msg("waited for %u, got %u", wanted, *have);
        turn(probe);
    }
}

void probe_until_ready(struct probe *probe, unsigned times)
{
    until(probe, &probe->ready, times);
}

void probe_until_outcomes(struct probe *probe, unsigned count)
{
    until(probe, &probe->outcomes, count);
}

void probe_until_notified(struct probe *probe, unsigned count)
{
    until(probe, &probe->notified, count);
}

void probe_run_ms(struct probe *probe, int ms)
{
    for (const int64_t end = clock_mono_ms() + ms; clock_mono_ms() < end;)
        turn(probe);
}

enum pg_rc probe_ask(struct probe *probe, const char *sql)
{
    const unsigned before = probe->outcomes;
    probe_send(probe, sql);
    probe_until_outcomes(probe, before + 1);
    return probe->rc[before % PROBE_OUTCOMES_MAX];
}

int probe_postmaster(void)
{
    char path[256];
    int pid = 0;
    snprintf(path, sizeof path, "%s/postmaster.pid", getenv("PG_TEST_DATA"));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

// After a kill -9 the dead server's children may need a moment to let go of its shared memory.
void probe_start_server(void)
{
    for (int i = 0; i < 50; i++) {
        if (system(getenv("PG_TEST_START")) == 0)
            return;
        if (system("sleep 0.1") != 0)
            break;
    }
    fail_msg("the server does not start again");
}
