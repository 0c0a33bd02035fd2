// SPDX-License-Identifier: BSD-2-Clause
// Options that several daemons have: a struct for the daemon's own, and the rows for its table
// (conf/conf_option.h). A member has the name of its group: `struct listen_conf listen`.
#ifndef DAEMON_OPTION_GROUPS_H
#define DAEMON_OPTION_GROUPS_H

#include "conf/conf.h"
#include "daemon/option_check.h"

struct listen_conf {
    char *address;
    char *mode;  // four octal digits
    char *group; // "": the process's
};

struct activity_conf {
    char *spool; // "": none
    int64_t interval_ms;
};

struct dns_conf {
    char *servers;
    int64_t timeout_ms;
    int64_t max_ttl; // seconds
    int64_t cache;   // answers
};

// The members of a struct resolver_spec (resolver/resolver_spec.h) that these options set.
#define DNS_SETTINGS(dns)                                                                                    \
    .servers = (dns).servers, .timeout_ms = (dns).timeout_ms, .max_ttl = (dns).max_ttl,                      \
    .cache_max = (unsigned)(dns).cache

// The rows; clang-format would tear them apart.
// clang-format off

// `valid` is the check of the address, option_check_listen or a stricter one.
#define LISTEN_OPTIONS(address_default, valid, address_help)                                                 \
    {CONF_TEXT_AS("listen", listen.address), .fallback = (address_default), .check = (valid),                \
     .help = (address_help)},                                                                                \
    {CONF_TEXT_AS("listen_mode", listen.mode), .fallback = "0660", .check = option_check_mode,               \
     .help = "mode of the Unix socket"},                                                                     \
    {CONF_TEXT_AS("listen_group", listen.group), .fallback = "postfix",                                      \
     .help = "group of the Unix socket; empty: the process's"}

// The member is `char *directory`.
#define DIRECTORY_OPTION                                                                                     \
    {CONF_TEXT(directory), .fallback = "/var/lib/emailgency/replica", .check = option_check_folder,          \
     .help = "folder of the replica, as the replicator has it"}

// The member is `char *node`, for daemon_node_name.
#define NODE_OPTION                                                                                          \
    {CONF_TEXT(node), .fallback = "", .help = "this node's name; empty: its host name"}

#define ACTIVITY_OPTIONS(spool_default)                                                                      \
    {CONF_TEXT_AS("activity_spool", activity.spool), .fallback = (spool_default), .check = option_check_path, \
     .help = "file of this process alone for counts that the database does not have yet; empty: none"},      \
    {CONF_MS_AS("activity_interval_ms", activity.interval_ms), .fallback = "1000",                           \
     .min = 10, .max = 600000, .reloadable = true, .help = "milliseconds between batches of counts"}

#define DNS_OPTIONS(timeout_default, timeout_help, cache_default, cache_help)                                \
    {CONF_TEXT_AS("dns_servers", dns.servers), .fallback = "", .check = option_check_servers,                \
     .help = "resolvers, \"ip@port ip\"; empty: those of /etc/resolv.conf"},                                 \
    {CONF_MS_AS("dns_timeout_ms", dns.timeout_ms), .fallback = (timeout_default), .min = 50, .max = 60000,   \
     .help = (timeout_help)},                                                                                \
    {CONF_SECONDS_AS("dns_max_ttl", dns.max_ttl), .fallback = "3600", .max = 604800,                         \
     .help = "seconds a DNS answer is kept at most"},                                                        \
    {CONF_COUNT_AS("dns_cache", dns.cache), .fallback = (cache_default), .min = 100, .max = 10000000,        \
     .help = (cache_help)}

// clang-format on

#endif
