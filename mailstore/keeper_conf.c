// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/keeper_conf.h"

#include "daemon/self_check.h"

struct keeper_conf keeper_conf;

#define CONF_STRUCT struct keeper_conf

const struct conf_option keeper_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9188"),
    DIRECTORY_OPTION,
    DATABASE_OPTIONS(
        "dbname=emailgency user=emailgency_keeper", pg_check_conninfo,
        "libpq connection string, where the work is claimed; empty: only the quotas are written"),
    {CONF_MS_AS("database_timeout_ms", database.timeout_ms), .fallback = "30000", .min = 50, .max = 600000,
     .help = "milliseconds for one statement"},
    NODE_OPTION,
    {CONF_TEXT(limits_directory), .fallback = "/var/lib/emailgency/limits", .check = option_check_folder,
     .help = "folder of the mailboxes' quotas, where Dovecot reads them"},
    {CONF_TEXT(usage_directory), .fallback = "/var/lib/emailgency/usage", .check = option_check_folder,
     .help = "folder where Dovecot notes the usage of mailboxes"},
    {CONF_TEXT(doveadm_url), .fallback = "http://127.0.0.1:8099/doveadm/v1",
     .help = "doveadm's HTTP interface of the Dovecot on this node"},
    {CONF_SECRET_AS("doveadm_key_file", doveadm_key), .fallback = "",
     .help = "file whose first line is Dovecot's doveadm_api_key; empty: Dovecot is not asked"},
    {CONF_MS(doveadm_timeout_ms), .fallback = "300000", .min = 1000, .max = 3600000,
     .help = "milliseconds for one command to Dovecot"},
    {CONF_TEXT(plain_hosts), .fallback = "127.0.0.1 ::1", .check = option_check_hosts,
     .help = "hosts to which HTTP without TLS is allowed, separated by blanks; empty: none"},
    {CONF_TEXT(ca_file), .fallback = "", .check = option_check_path,
     .help = "certificates of the CAs that are trusted for https://; empty: the system's"},
    {CONF_SECONDS(poll_interval), .fallback = "30", .min = 1, .max = 3600,
     .help = "seconds between two looks for mailboxes and domains that are due"},
    {CONF_COUNT(mailboxes_at_once), .fallback = "8", .min = 1, .max = 256,
     .help = "mailboxes that are worked on at once"},
    CONF_END,
};

void keeper_conf_probe(void)
{
    self_check_replica(keeper_conf.directory);
}
