// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd_conf.h"

#include "daemon/self_check.h"

struct policyd_conf policyd_conf;

#define CONF_STRUCT struct policyd_conf

const struct conf_option policyd_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9181"),
    LISTEN_OPTIONS("unix:/var/spool/postfix/emailgency/policyd", option_check_listen,
                   "where Postfix asks: unix:/path or 127.0.0.1:port"),
    DIRECTORY_OPTION,
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_policyd", pg_check_database,
                     "libpq connection string"),
    NODE_OPTION,
    ACTIVITY_OPTIONS("/var/lib/emailgency/spool/policyd/activity"),
    {CONF_MS(answer_within_ms), .fallback = "1800", .min = 50, .max = 2000, .reloadable = true,
     .help = "milliseconds after which the answer is DUNNO, whatever hangs"},
    DATABASE_TIMEOUT_OPTION("milliseconds for one greylist round trip"),
    DNS_OPTIONS("1000", "milliseconds for the DNS lists of one client", "100000", "DNS answers kept"),
    {CONF_COUNT(greylist_cache), .fallback = "1000000", .min = 100, .max = 100000000,
     .help = "passed greylist keys kept; about 50 bytes each"},
    CONF_END,
};

void policyd_conf_probe(void)
{
    self_check_replica(policyd_conf.directory);
    self_check_writable_file("activity_spool", policyd_conf.activity.spool);
}
