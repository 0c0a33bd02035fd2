// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queuewatch_conf.h"

struct queuewatch_conf queuewatch_conf;

#define CONF_STRUCT struct queuewatch_conf

const struct conf_option queuewatch_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9186"),
    {CONF_TEXT_AS("listen", listen.address), .fallback = "unix:/run/emailgency-queuewatch/socket",
     .check = option_check_listen,
     .help = "where the notifier asks: unix:/path, 127.0.0.1:port or [::1]:port"},
    {CONF_TEXT_AS("listen_mode", listen.mode), .fallback = "0660", .check = option_check_mode,
     .help = "mode of the Unix socket"},
    {CONF_TEXT_AS("listen_group", listen.group), .fallback = "emailgency-notifier",
     .help = "group of the Unix socket; empty: the process's"},
    DIRECTORY_OPTION,
    {CONF_TEXT(queue_directory), .fallback = "/var/spool/postfix", .check = option_check_folder,
     .help = "Postfix's queue directory, as main.cf has it"},
    {CONF_TEXT(postfix_config), .fallback = "", .check = option_check_path,
     .help = "Postfix's configuration directory, for postqueue where the queue cannot be read; empty: its "
             "default"},
    {CONF_SECONDS(queue_interval), .fallback = "60", .min = 1, .max = 3600,
     .help = "seconds between two looks at the queue"},
    {CONF_SECONDS(walk_interval), .fallback = "3600", .max = 604800,
     .help = "seconds between two walks over the envelopes of all messages; 0: no walk"},
    {CONF_COUNT(walk_rate), .fallback = "1000", .min = 50, .max = 1000000,
     .help = "envelopes read per second, at most"},
    {CONF_COUNT(messages_max), .fallback = "2000000", .min = 1000, .max = 100000000,
     .help = "messages that are kept in memory, 36 to 72 bytes each"},
    CONF_END,
};
