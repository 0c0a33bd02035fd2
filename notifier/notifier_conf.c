// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/notifier_conf.h"

#include "daemon/self_check.h"

struct notifier_conf notifier_conf;

#define CONF_STRUCT struct notifier_conf

const struct conf_option notifier_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9185"),
    DIRECTORY_OPTION,
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_notifier", pg_check_conninfo,
                     "libpq connection string, where findings are noted; empty: log and metrics only"),
    {CONF_MS_AS("database_timeout_ms", database.timeout_ms), .fallback = "15000", .min = 50, .max = 60000,
     .help = "milliseconds for one note"},
    NODE_OPTION,
    {CONF_TEXT(mx_hosts), .fallback = "", .check = option_check_hosts,
     .help = "names and addresses that our MX hosts have in DNS; backup domains whose best MX is among them "
             "are reported; empty: no check"},
    {CONF_SECONDS(mx_check_interval), .fallback = "3600", .min = 1, .max = 604800,
     .help = "seconds between two walks over the MX records of all backup domains"},
    DNS_OPTIONS("5000", "milliseconds for one look-up", "1000", "DNS answers kept"),
    CONF_END,
};

void notifier_conf_probe(void)
{
    self_check_replica(notifier_conf.directory);
}
