// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/notifier_conf.h"

#include "daemon/self_check.h"
#include "transfer/transfer_url.h"

struct notifier_conf notifier_conf;

#define CONF_STRUCT struct notifier_conf

static bool check_smarthost(const char *value, struct problem *problem)
{
    return !*value || transfer_check_smtp(value, problem);
}

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
    {CONF_TEXT(helo_name), .fallback = "",
     .help = "name in EHLO of probes, as smtp_helo_name of Postfix; empty: the node's"},
    {CONF_TEXT(probe_bind_address), .fallback = "",
     .help = "IP address that probes come from, as smtp_bind_address of Postfix; empty: the system's choice"},
    {CONF_COUNT(probes_in_flight), .fallback = "500", .min = 1, .max = 20000,
     .help = "customers' servers probed at once"},
    {CONF_TEXT(sendmail), .fallback = "/usr/sbin/sendmail",
     .help = "sendmail(1) of Postfix, which takes the alerts that go by mail"},
    {CONF_TEXT(postfix_config), .fallback = "",
     .help = "configuration folder of that Postfix; empty: the default instance"},
    {CONF_TEXT(alert_sender), .fallback = "postmaster",
     .help = "sender of alerts, a mail address; a name without \"@\" is one of this node"},
    {CONF_TEXT(queuewatch), .fallback = "/run/emailgency-queuewatch/socket",
     .help = "socket of emailgency-queuewatch on this node"},
    {CONF_TEXT(postqueue), .fallback = "/usr/sbin/postqueue",
     .help = "postqueue(1) of Postfix, by which waiting mail is delivered at once"},
    {CONF_COUNT(kept_days), .fallback = "30", .min = 1, .max = 365,
     .help = "days that mail waits for a customer's server, as maximal_queue_lifetime of Postfix; alerts "
             "name it"},
    {CONF_TEXT(locale_folder), .fallback = "",
     .help = "folder of the translated texts; empty: share/locale of this installation"},
    {CONF_TEXT(second_smarthost), .fallback = "", .check = check_smarthost,
     .help =
         "URL of the SMTP server that takes alerts while sendmail does not, as smtp://host:587; empty: none"},
    {CONF_TEXT(second_smarthost_user), .fallback = "", .help = "account there; empty: none"},
    {CONF_SECRET_AS("second_smarthost_password_file", second_smarthost_password), .fallback = "",
     .help = "file whose first line is its password; empty: none"},
    {CONF_TEXT(ca_file), .fallback = "", .check = option_check_path,
     .help = "certificates of the CAs that are trusted for gateways and the second smarthost; empty: the "
             "system's"},
    {CONF_TEXT(plain_hosts), .fallback = "", .check = option_check_hosts,
     .help = "hosts to which HTTP and SMTP without TLS is allowed, separated by blanks; empty: none"},
    SMS_OPTIONS("sms", sms, "first"),
    SMS_OPTIONS("second_sms", second_sms, "second"),
    {CONF_TEXT(sms_gammu_database), .fallback = "", .check = pg_check_conninfo,
     .help = "libpq connection string of the database of gammu-smsd, the last route of SMS; empty: none"},
    {CONF_SECRET_AS("sms_gammu_password_file", sms_gammu_password), .fallback = "",
     .help = "file whose first line is its password; empty: none"},
    CONF_END,
};

void notifier_conf_probe(void)
{
    self_check_replica(notifier_conf.directory);
}
