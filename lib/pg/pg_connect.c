// SPDX-License-Identifier: BSD-2-Clause
#include "pg/pg_connect.h"

#include "base/log.h"
#include "pg/pg_hosts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPARE_MS = 1000, STATEMENT_MS = 600000 };

// Notices of the server, which libpq would write to stderr.
static void on_notice(void *arg, const PGresult *result)
{
    const struct pg *pg = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!text)
        return;
    if (severity && (strcmp(severity, "WARNING") == 0 || strcmp(severity, "FATAL") == 0))
        log_warn("the database says: %s name=%s", text, log_value(slice_from(pg->spec.name)).text);
    else
        log_debug("the database says: %s name=%s", text, log_value(slice_from(pg->spec.name)).text);
}

static bool start_connecting(struct pg *pg)
{
    // libpq uses the last value of each key. Defaults come before the operator's conninfo, which overrides
    // them; the hosts, in the order of this attempt, come after it.
    const struct pg_hosts hosts = pg_hosts_from(pg->spec.conninfo, pg->first_host);
    const char *password = pg->spec.password && *pg->spec.password ? pg->spec.password : NULL;
    const char *const keys[] = {"fallback_application_name",
                                "keepalives_idle",
                                "tcp_user_timeout",
                                "client_encoding",
                                "password",
                                "dbname",
                                "host",
                                "hostaddr",
                                "port",
                                NULL};
    const char *const values[] = {pg->spec.name,     "30",       "10000",    "UTF8",     password,
                                  pg->spec.conninfo, hosts.host, hosts.addr, hosts.port, NULL};
    pg->conn = PQconnectStartParams(keys, values, 1);
    pg_hosts_free(&hosts);
    if (!pg->conn || PQstatus(pg->conn) == CONNECTION_BAD)
        return false;
    PQsetNoticeReceiver(pg->conn, on_notice, pg);
    return PQsetnonblocking(pg->conn, 1) == 0;
}

static void on_limits(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct pg *pg = arg;
    pg->limiting = false;
    if (rc == PG_ERROR)
        log_debug("the database takes no time limits: %s name=%s",
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
                  log_value(slice_from(pg->spec.name)).text);
    if (rc != PG_OK || PQntuples(result) == 0 || PQgetvalue(result, 0, 0)[0] != 't')
        return;
    if (!pg->pooled)
        log_info("database reached through a pooler: statements are not prepared, and time limits are those "
                 "of the role name=%s",
                 log_value(slice_from(pg->spec.name)).text);
    pg->pooled = true;
}

// A SET rather than a start-up option, which poolers refuse; and no value that is already set is replaced. A
// pooler hands out process ids of its own. Of it nothing is set: the value would stay for whoever gets the
// server's connection next.
static void send_limits(struct pg *pg)
{
    const struct pg_spec *spec = &pg->spec;
    const int64_t lock = spec->lock_timeout_ms ? spec->lock_timeout_ms : spec->timeout_ms + SPARE_MS;
    const int64_t statement = spec->statement_timeout_ms ? spec->statement_timeout_ms : STATEMENT_MS;
    const struct pg_statement limits = {.sql = pg->limits, .on_result = on_limits, .arg = pg};
    const int pid = PQbackendPID(pg->conn);
    snprintf(pg->limits, sizeof pg->limits,
             "select pg_backend_pid() <> %d, (select count(set_config(name, ms, false)) "
             "from (values ('lock_timeout', '%" PRId64 "'), ('statement_timeout', '%" PRId64
             "')) t (name, ms) where current_setting(name) = '0' and pg_backend_pid() = %d)",
             pid, lock, statement, pid);
    pg->limiting = true;
    pg_state_send(pg, &limits);
}

static void on_connected(struct pg *pg)
{
    if (pg->loss_logged)
        log_info("database connected again name=%s", log_value(slice_from(pg->spec.name)).text);
    pg->loss_logged = pg->refusal_logged = false;
    pg_state_change(pg, PG_READY);
    send_limits(pg);
    if (pg->spec.on_ready)
        pg->spec.on_ready(pg, pg->spec.arg);
}

void pg_connect_start(struct pg *pg)
{
    pg_state_change(pg, PG_CONNECTING);
    if (!start_connecting(pg))
        pg_state_lose(pg, PG_LOST, pg->conn ? PQerrorMessage(pg->conn) : "out of memory");
    else
        pg_state_watch(pg, EV_WRITE);
}

void pg_connect_step(struct pg *pg)
{
    switch (PQconnectPoll(pg->conn)) {
    case PGRES_POLLING_READING:
        pg_state_watch(pg, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        pg_state_watch(pg, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        on_connected(pg);
        break;
    default:
        pg_state_lose(pg, PG_LOST, PQerrorMessage(pg->conn));
        break;
    }
}
