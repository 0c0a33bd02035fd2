// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd_conf.h"

#include "base/network_list.h"
#include "daemon/self_check.h"
#include "policyd/logins/login_guard.h"

struct policyd_conf policyd_conf;

#define CONF_STRUCT struct policyd_conf

static bool check_networks(const char *value, struct problem *problem)
{
    struct cidr network;
    struct slice word, rest = slice_from(value);
    while (network_list_next(&rest, &word))
        if (!cidr_parse(word, &network))
            return problem_set(problem,
                               "write addresses and networks, such as \"127.0.0.0/8 ::1 192.0.2.25\"");
    return true;
}

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
    {CONF_TEXT_AS("login_listen", login.listen), .fallback = "127.0.0.1:8098", .check = option_check_listen,
     .help = "where Dovecot asks about log-ins, if there is a key: 127.0.0.1:port"},
    {CONF_SECRET_AS("login_key_file", login.key), .fallback = "",
     .help = "file of the key with which Dovecot asks about log-ins; empty: it does not"},
    {CONF_SECONDS_AS("login_window", login.window), .fallback = "3600", .min = 2, .max = 86400,
     .reloadable = true, .help = "seconds in which failed log-ins count"},
    {CONF_COUNT_AS("login_wrong_passwords", login.wrong_passwords), .fallback = "10",
     .min = LOGIN_GUARD_FREE + 1, .max = LOGIN_GUARD_PASSWORDS, .reloadable = true,
     .help = "different wrong passwords for an address from one network; then it is refused"},
    {CONF_COUNT_AS("login_network_failures", login.network_failures), .fallback = "50", .min = 10,
     .max = 1000000, .reloadable = true,
     .help = "the same for all addresses from one network that is new to them"},
    {CONF_COUNT_AS("login_address_failures", login.address_failures), .fallback = "100", .min = 10,
     .max = 1000000, .reloadable = true,
     .help = "the same for an address from all networks that are new to it"},
    {CONF_TEXT_AS("login_exempt_networks", login.exempt_networks), .fallback = "127.0.0.0/8 ::1",
     .check = check_networks, .help = "clients whose log-ins are never refused, such as a webmail's"},
    {CONF_COUNT_AS("login_cache", login.cache), .fallback = "100000", .min = 1000, .max = 10000000,
     .help = "addresses, networks and pairs of both kept; up to 700 bytes each"},
    CONF_END,
};

void policyd_conf_probe(void)
{
    self_check_replica(policyd_conf.directory);
    self_check_writable_file("activity_spool", policyd_conf.activity.spool);
}
