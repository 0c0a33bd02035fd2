// SPDX-License-Identifier: BSD-2-Clause
#include "milter/milter_conf.h"

#include "base/address.h"
#include "daemon/self_check.h"
#include "milter/batv_keyring.h"
#include "spfclient/spf_client.h"

#include <pwd.h>

struct milter_conf milter_conf;

static bool check_listen(const char *value, struct problem *problem)
{
    return option_check_listen(value, problem) &&
           (strncmp(value, "unix:", 5) == 0 || strncmp(value, "127.0.0.1:", 10) == 0 ||
            problem_set(problem, "write unix:/path, or 127.0.0.1:port"));
}

static bool check_name(const char *value, struct problem *problem)
{
    return !*value || address_domain_valid(slice_from(value)) ||
           problem_set(problem, "write a host name, as in mx.emailgency.example");
}

#define CONF_STRUCT struct milter_conf

const struct conf_option milter_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9184"),
    LISTEN_OPTIONS("unix:/var/spool/postfix/emailgency/milter", check_listen,
                   "where Postfix connects: unix:/path or 127.0.0.1:port"),
    DIRECTORY_OPTION,
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_milter", pg_check_database,
                     "libpq connection string; for the counts alone"),
    DATABASE_TIMEOUT_OPTION("milliseconds for a batch of counts"),
    NODE_OPTION,
    ACTIVITY_OPTIONS("/var/lib/emailgency/spool/milter/activity"),
    {CONF_TEXT(authserv_id), .fallback = "", .check = check_name,
     .help = "our name in Authentication-Results, the same on all nodes; empty: what Postfix calls itself"},
    {CONF_TEXT(postfix_config), .fallback = "/etc/postfix", .check = option_check_path,
     .help = "Postfix's configuration folder, whose parameters are looked at when the milter starts; empty: "
             "do not"},
    {CONF_TEXT(batv_keys_file), .fallback = "", .reloadable = true, .check = batv_keyring_check,
     .help = "file with the keys that sign senders, read again at each reload; empty: none"},
    {CONF_TEXT(spf_worker), .fallback = "", .check = option_check_path,
     .help = "the program that evaluates SPF; empty: where it is installed"},
    {CONF_TEXT(spf_worker_user), .fallback = "",
     .help = "its account where the milter is started by root; empty: nobody"},
    {CONF_COUNT(spf_workers), .fallback = "2", .min = 1, .max = 64, .help = "processes that evaluate SPF"},
    {CONF_COUNT(spf_checks), .fallback = "128", .min = 1, .max = 1024,
     .help = "checks at once in each of them; one more waits"},
    {CONF_MS(spf_within_ms), .fallback = "20000", .min = 1000, .max = 25000, .reloadable = true,
     .help = "milliseconds for all checks of a message; below Postfix's milter_command_timeout"},
    DNS_OPTIONS("5000", "milliseconds for one look-up", "20000", "DNS answers that each worker keeps"),
    CONF_END,
};

void milter_conf_probe(void)
{
    char worker[INSTALLATION_PATH_MAX];
    struct problem problem;
    self_check_replica(milter_conf.directory);
    self_check_writable_file("activity_spool", milter_conf.activity.spool);
    spf_client_program(milter_conf.spf_worker, worker);
    self_check_program("spf_worker", worker);
    if (!batv_keyring_check(milter_conf.batv_keys_file, &problem))
        self_check_report("batv_keys_file", &problem);
    if (*milter_conf.spf_worker_user && !getpwnam(milter_conf.spf_worker_user)) {
        problem_set(&problem, "there is no account %s", milter_conf.spf_worker_user);
        self_check_report("spf_worker_user", &problem);
    }
}
