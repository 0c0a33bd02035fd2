// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/notifier_conf.h"

#include "base/network_list.h"
#include "daemon/self_check.h"
#include "notifier/away/absence_contacts.h"
#include "notifier/away/heartbeat.h"
#include "notifier/token/probe_token.h"
#include "transfer/transfer_url.h"

#include <limits.h>
#include <stdio.h>

struct notifier_conf notifier_conf;

#define CONF_STRUCT struct notifier_conf

static bool check_smarthost(const char *value, struct problem *problem)
{
    return !*value || transfer_check_smtp(value, problem);
}

static bool check_networks(const char *value, struct problem *problem)
{
    struct cidr network;
    for (struct slice word, list = slice_from(value); network_list_next(&list, &word);)
        if (!cidr_parse(word, &network))
            return problem_set(problem, "write networks, such as 192.168.7.0/24 2001:db8::/32");
    return true;
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
     .help = "names and addresses that our MX hosts have in DNS, beside setting mx_hosts and the alternate "
             "names of domains; backup domains whose best MX is among them are reported"},
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
    {CONF_TEXT(queuehold), .fallback = "/run/emailgency-queuehold/socket",
     .help = "socket of emailgency-queuehold on this node; empty: no mail is held here"},
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
    {CONF_TEXT(spool), .fallback = "/var/lib/emailgency/spool/notifier", .check = option_check_path,
     .help = "folder of this process alone for what the database does not have yet; empty: none"},
    {CONF_SECONDS(database_alert_after), .fallback = "120", .min = 0, .max = 86400,
     .help = "seconds without an answer of the database after which the operator is alerted; 0: never"},
    {CONF_TEXT(operator_contacts), .fallback = "", .check = absence_contacts_check,
     .help =
         "mail addresses and telephone numbers that are alerted then, separated by blanks; empty: those of "
         "setting operator_contacts, else of postmaster, as the replica has them"},
    {CONF_TEXT(heartbeat_url), .fallback = "",
     .help = "URL that is called once a minute while this daemon does its work, for a dead man's switch "
             "elsewhere; empty: none"},
    {CONF_TEXT(heartbeat_method), .fallback = "GET", .check = heartbeat_check_method, .help = "GET or POST"},
    SMS_OPTIONS("sms", sms, "first"),
    SMS_OPTIONS("second_sms", second_sms, "second"),
    {CONF_TEXT(sms_gammu_database), .fallback = "", .check = pg_check_conninfo,
     .help = "libpq connection string of the database of gammu-smsd, the last route of SMS; empty: none"},
    {CONF_SECRET_AS("sms_gammu_password_file", sms_gammu_password), .fallback = "",
     .help = "file whose first line is its password; empty: none"},
    {CONF_SECRET_AS("round_trip_key_file", round_trip_key), .fallback = "",
     .help =
         "file whose first line is the key that signs probe mail, the same on all nodes; empty: this node "
         "takes no part in round trips"},
    {CONF_SECRET_AS("round_trip_previous_key_file", round_trip_previous_key), .fallback = "",
     .help = "file of the key before that one, which stays valid for pending probes; empty: none"},
    {CONF_TEXT_AS("round_trip_listen", round_trip.address),
     .fallback = "unix:/var/spool/postfix/emailgency/round-trip", .check = option_check_listen,
     .help = "where Postfix delivers by LMTP what comes back: unix:/path or 127.0.0.1:port"},
    {CONF_TEXT_AS("round_trip_listen_mode", round_trip.mode), .fallback = "0660", .check = option_check_mode,
     .help = "mode of that Unix socket"},
    {CONF_TEXT_AS("round_trip_listen_group", round_trip.group), .fallback = "postfix",
     .help = "group of that Unix socket; empty: the process's"},
    {CONF_SECRET_AS("webhook_key_file", webhook_key), .fallback = "",
     .help = "file whose first line, of 32 characters or more, is the key that webhooks are signed with, the "
             "same on all "
             "nodes; empty: this node calls none"},
    {CONF_SECRET_AS("webhook_old_key_file", webhook_old_key), .fallback = "",
     .help = "file with the key before that, with which they are signed as well; empty: none"},
    {CONF_TEXT(webhook_networks), .fallback = "", .check = check_networks,
     .help = "networks that webhooks may reach although they are not on the Internet, separated by blanks; "
             "empty: none"},
    CONF_END,
};

void notifier_conf_probe(void)
{
    char path[PATH_MAX];
    struct problem problem;
    self_check_replica(notifier_conf.directory);
    snprintf(path, sizeof path, "%s/probes", notifier_conf.spool);
    self_check_writable_file("spool", *notifier_conf.spool ? path : "");
    if (!probe_token_check_key(notifier_conf.round_trip_key.value, &problem))
        self_check_report("round_trip_key_file", &problem);
    if (!probe_token_check_key(notifier_conf.round_trip_previous_key.value, &problem))
        self_check_report("round_trip_previous_key_file", &problem);
}
