// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd_conf.h"

#include "daemon/option_check.h"
#include "pg/pg.h"

struct policyd_conf policyd_conf;

#define FIELD(name) offsetof(struct policyd_conf, name)

const struct conf_option policyd_options[] = {
    DAEMON_OPTIONS(struct policyd_conf, "127.0.0.1:9181"),
    {"listen", CONF_TEXT, FIELD(listen), "unix:/var/spool/postfix/emailgency/policyd", 0, 0, false,
     option_check_listen, "where Postfix asks: unix:/path or 127.0.0.1:port"},
    {"listen_mode", CONF_TEXT, FIELD(listen_mode), "0660", 0, 0, false, option_check_mode,
     "mode of the Unix socket"},
    {"listen_group", CONF_TEXT, FIELD(listen_group), "postfix", 0, 0, false, NULL,
     "group of the Unix socket; empty: the process's"},
    {"directory", CONF_TEXT, FIELD(directory), "/var/lib/emailgency/replica", 0, 0, false,
     option_check_folder, "folder of the replica, as the replicator has it"},
    {"database", CONF_TEXT, FIELD(database), "dbname=emailgency user=emailgency_policyd", 0, 0, false,
     pg_check_database, "libpq connection string"},
    {"database_password_file", CONF_SECRET, FIELD(database_password), "", 0, 0, false, NULL,
     "file whose first line is the password; empty: none"},
    {"node", CONF_TEXT, FIELD(node), "", 0, 0, false, NULL, "this node's name; empty: its host name"},
    {"activity_spool", CONF_TEXT, FIELD(activity_spool), "/var/lib/emailgency/spool/policyd/activity", 0, 0,
     false, option_check_path,
     "file of this process alone for counts that the database does not have yet; empty: none"},
    {"activity_interval_ms", CONF_NUMBER, FIELD(activity_interval_ms), "1000", 10, 600000, true, NULL,
     "milliseconds between batches of counts"},
    {"answer_within_ms", CONF_NUMBER, FIELD(answer_within_ms), "1800", 50, 2000, true, NULL,
     "milliseconds after which the answer is DUNNO, whatever hangs"},
    {"database_timeout_ms", CONF_NUMBER, FIELD(database_timeout_ms), "1000", 50, 60000, false, NULL,
     "milliseconds for one greylist round trip"},
    {"dns_servers", CONF_TEXT, FIELD(dns_servers), "", 0, 0, false, option_check_servers,
     "resolvers, \"ip@port ip\"; empty: those of /etc/resolv.conf"},
    {"dns_timeout_ms", CONF_NUMBER, FIELD(dns_timeout_ms), "1000", 50, 60000, false, NULL,
     "milliseconds for the DNS lists of one client"},
    {"dns_max_ttl", CONF_NUMBER, FIELD(dns_max_ttl), "3600", 0, 604800, false, NULL,
     "seconds a DNS answer is kept at most"},
    {"dns_cache", CONF_NUMBER, FIELD(dns_cache), "100000", 100, 10000000, false, NULL, "DNS answers kept"},
    {"greylist_cache", CONF_NUMBER, FIELD(greylist_cache), "1000000", 100, 100000000, false, NULL,
     "passed greylist keys kept; about 50 bytes each"},
    CONF_END,
};
