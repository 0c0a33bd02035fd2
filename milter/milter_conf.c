// SPDX-License-Identifier: BSD-2-Clause
#include "milter/milter_conf.h"

#include "base/address.h"
#include "daemon/option_check.h"
#include "milter/batv_keyring.h"
#include "pg/pg.h"

struct milter_conf milter_conf;

static const char *check_listen(const char *value)
{
    const char *problem = option_check_listen(value);
    return problem || strncmp(value, "unix:", 5) == 0 || strncmp(value, "127.0.0.1:", 10) == 0
               ? problem
               : "write unix:/path, or 127.0.0.1:port";
}

static const char *check_name(const char *value)
{
    return !*value || address_domain_valid(slice_from(value))
               ? NULL
               : "write a host name, as in mx.emailgency.example";
}

#define FIELD(name) offsetof(struct milter_conf, name)

const struct conf_option milter_options[] = {
    DAEMON_OPTIONS(struct milter_conf, "127.0.0.1:9184"),
    {"listen", CONF_TEXT, FIELD(listen), "unix:/var/spool/postfix/emailgency/milter", 0, 0, false,
     check_listen, "where Postfix connects: unix:/path or 127.0.0.1:port"},
    {"listen_mode", CONF_TEXT, FIELD(listen_mode), "0660", 0, 0, false, option_check_mode,
     "mode of the Unix socket"},
    {"listen_group", CONF_TEXT, FIELD(listen_group), "postfix", 0, 0, false, NULL,
     "group of the Unix socket; empty: the process's"},
    {"directory", CONF_TEXT, FIELD(directory), "/var/lib/emailgency/replica", 0, 0, false,
     option_check_folder, "folder of the replica, as the replicator has it"},
    {"database", CONF_TEXT, FIELD(database), "dbname=emailgency user=emailgency_milter", 0, 0, false,
     pg_check_database, "libpq connection string; for the counts alone"},
    {"database_password_file", CONF_SECRET, FIELD(database_password), "", 0, 0, false, NULL,
     "file whose first line is the password; empty: none"},
    {"database_timeout_ms", CONF_NUMBER, FIELD(database_timeout_ms), "1000", 50, 60000, false, NULL,
     "milliseconds for a batch of counts"},
    {"node", CONF_TEXT, FIELD(node), "", 0, 0, false, NULL, "this node's name; empty: its host name"},
    {"activity_spool", CONF_TEXT, FIELD(activity_spool), "/var/lib/emailgency/spool/milter/activity", 0, 0,
     false, option_check_path,
     "file of this process alone for counts that the database does not have yet; empty: none"},
    {"activity_interval_ms", CONF_NUMBER, FIELD(activity_interval_ms), "1000", 10, 600000, true, NULL,
     "milliseconds between batches of counts"},
    {"authserv_id", CONF_TEXT, FIELD(authserv_id), "", 0, 0, false, check_name,
     "our name in Authentication-Results, the same on all nodes; empty: what Postfix calls itself"},
    {"postfix_config", CONF_TEXT, FIELD(postfix_config), "/etc/postfix", 0, 0, false, option_check_path,
     "Postfix's configuration folder, whose parameters are looked at when the milter starts; empty: do not"},
    {"batv_keys_file", CONF_TEXT, FIELD(batv_keys_file), "", 0, 0, true, batv_keyring_check,
     "file with the keys that sign senders, read again at each reload; empty: none"},
    {"spf_worker", CONF_TEXT, FIELD(spf_worker), "", 0, 0, false, option_check_path,
     "the program that evaluates SPF; empty: where it is installed"},
    {"spf_worker_user", CONF_TEXT, FIELD(spf_worker_user), "", 0, 0, false, NULL,
     "whom it runs as where the milter is root; empty: nobody"},
    {"spf_workers", CONF_NUMBER, FIELD(spf_workers), "2", 1, 64, false, NULL, "processes that evaluate SPF"},
    {"spf_checks", CONF_NUMBER, FIELD(spf_checks), "128", 1, 1024, false, NULL,
     "checks at once in each of them; one more waits"},
    {"spf_within_ms", CONF_NUMBER, FIELD(spf_within_ms), "20000", 1000, 25000, true, NULL,
     "milliseconds for all checks of a message; below Postfix's milter_command_timeout"},
    {"dns_servers", CONF_TEXT, FIELD(dns_servers), "", 0, 0, false, option_check_servers,
     "resolvers, \"ip@port ip\"; empty: those of /etc/resolv.conf"},
    {"dns_timeout_ms", CONF_NUMBER, FIELD(dns_timeout_ms), "5000", 50, 60000, false, NULL,
     "milliseconds for one look-up"},
    {"dns_max_ttl", CONF_NUMBER, FIELD(dns_max_ttl), "3600", 0, 604800, false, NULL,
     "seconds a DNS answer is kept at most"},
    {"dns_cache", CONF_NUMBER, FIELD(dns_cache), "20000", 100, 10000000, false, NULL,
     "DNS answers that each worker keeps"},
    CONF_END,
};
