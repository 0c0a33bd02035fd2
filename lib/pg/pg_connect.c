// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"
#include "pg/pg_internal.h"

static bool start_connecting(struct pg *pg)
{
    // The conninfo stands last among "dbname"s that libpq expands, so what an operator wrote in it wins over
    // our defaults.
    const char *const keys[] = {"fallback_application_name",
                                "keepalives_idle",
                                "tcp_user_timeout",
                                "client_encoding",
                                "password",
                                "dbname",
                                NULL};
    const bool secret = pg->spec.password && *pg->spec.password;
    const char *const values[] = {pg->spec.name,     "30", "10000", "UTF8", secret ? pg->spec.password : NULL,
                                  pg->spec.conninfo, NULL};
    pg->conn = PQconnectStartParams(keys, values, 1);
    return pg->conn && PQstatus(pg->conn) != CONNECTION_BAD && PQsetnonblocking(pg->conn, 1) == 0;
}

static const char *last_error(const struct pg *pg)
{
    return pg->conn ? PQerrorMessage(pg->conn) : "out of memory";
}

static void on_connected(struct pg *pg)
{
    if (pg->reported)
        log_info("database connected again name=%s", pg->spec.name);
    pg->reported = false;
    pg->prepared_count = 0;
    pg_change_state(pg, PG_READY);
    if (pg->spec.on_ready)
        pg->spec.on_ready(pg, pg->spec.arg);
}

void pg_connect_step(struct pg *pg)
{
    if (!pg->conn) {
        if (!start_connecting(pg)) {
            pg_lose(pg, PG_LOST, last_error(pg));
            return;
        }
        pg_watch(pg, EV_WRITE);
        return;
    }
    switch (PQconnectPoll(pg->conn)) {
    case PGRES_POLLING_READING:
        pg_watch(pg, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        pg_watch(pg, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        on_connected(pg);
        break;
    default:
        pg_lose(pg, PG_LOST, last_error(pg));
        break;
    }
}
