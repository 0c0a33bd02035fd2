// SPDX-License-Identifier: BSD-2-Clause
// The options of a daemon's database, beside those of lib/daemon/option_groups.h.
#ifndef PG_PG_OPTIONS_H
#define PG_PG_OPTIONS_H

#include "conf/conf.h"
#include "pg/pg.h"

struct database_conf {
    char *conninfo;
    struct conf_secret password;
    int64_t timeout_ms; // where the daemon has a row for it
};

// The rows for a member `struct database_conf database`; `valid` is pg_check_database, or pg_check_conninfo
// where the option may be empty.
// clang-format off
#define DATABASE_OPTIONS(conninfo_default, valid, conninfo_help)                                             \
    {CONF_TEXT_AS("database", database.conninfo), .fallback = (conninfo_default), .check = (valid),          \
     .help = (conninfo_help)},                                                                               \
    {CONF_SECRET_AS("database_password_file", database.password), .fallback = "",                            \
     .help = "file whose first line is the password; empty: none"}

#define DATABASE_TIMEOUT_OPTION(timeout_help)                                                                \
    {CONF_MS_AS("database_timeout_ms", database.timeout_ms), .fallback = "1000", .min = 50, .max = 60000,    \
     .help = (timeout_help)}
// clang-format on

// A connection as the options say; `name` is its name in the log and in pg_stat_activity. All strings are
// borrowed.
static inline struct pg_spec pg_spec_of(const struct database_conf *database, const char *name)
{
    return (struct pg_spec){.conninfo = database->conninfo,
                            .password = database->password.value,
                            .name = name,
                            .timeout_ms = database->timeout_ms};
}

#endif
