// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/tracker_conf.h"

#include "tracker/log_source.h"

struct tracker_conf tracker_conf;

#define CONF_STRUCT struct tracker_conf

const struct conf_option tracker_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9187"),
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_tracker", pg_check_database,
                     "libpq connection string of the rows"),
    DATABASE_TIMEOUT_OPTION("milliseconds for connecting and for small statements"),
    NODE_OPTION,
    {CONF_TEXT(mail_log), .fallback = "/var/log/mail.log", .check = log_source_check,
     .help = "the log of Postfix and of our daemons: a file, or journal"},
    {CONF_MS(batch_interval_ms), .fallback = "300", .min = 10, .max = 60000, .reloadable = true,
     .help = "milliseconds that lines wait for further ones before they are written"},
    {CONF_COUNT(batch_lines), .fallback = "40000", .min = 1, .max = 1000000,
     .help = "lines that are written at once, at most"},
    {CONF_COUNT(messages_max), .fallback = "200000", .min = 100, .max = 10000000,
     .help =
         "messages in flight that are kept in memory, about 300 bytes each; the database finds the others"},
    {CONF_SECONDS(backoff_min), .fallback = "300", .min = 1, .max = 86400,
     .help = "Postfix's minimal_backoff_time, for the estimated time of the next attempt"},
    {CONF_SECONDS(backoff_max), .fallback = "4000", .min = 1, .max = 864000,
     .help = "Postfix's maximal_backoff_time, likewise"},
    CONF_END,
};
