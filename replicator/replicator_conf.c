// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/replicator_conf.h"

#include "daemon/option_check.h"
#include "daemon/self_check.h"

struct replicator_conf replicator_conf;

#define CONF_STRUCT struct replicator_conf

const struct conf_option replicator_conf_options[] = {
    DAEMON_OPTIONS("127.0.0.1:9721"),
    {CONF_TEXT(directory), .fallback = "/var/lib/emailgency/replica", .check = option_check_folder,
     .help = "folder of this node's replica; the readers' group is that of the folder"},
    DATABASE_OPTIONS("dbname=emailgency user=emailgency_replicator", pg_check_database,
                     "libpq connection string of the primary, not through a pooler; several hosts are "
                     "allowed"),
    {CONF_BYTES(map_size), .fallback = "17179869184", .min = 1048576, .max = INT64_MAX,
     .help = "bound of the replica's file in bytes; address space, not memory"},
    {CONF_SECONDS(poll_interval), .fallback = "1", .min = 1, .max = 3600, .reloadable = true,
     .help = "seconds between two looks at the change log where no notification comes"},
    {CONF_SECONDS(reload_interval), .fallback = "86400", .max = 31536000, .reloadable = true,
     .help = "seconds between two comparisons of all rows, as a safety net; 0: never"},
    {CONF_SECONDS(reader_check_interval), .fallback = "10", .min = 1, .max = 3600, .reloadable = true,
     .help = "seconds between two searches for readers that died"},
    NODE_OPTION,
    CONF_END,
};

void replicator_conf_probe(void)
{
    self_check_own_replica(replicator_conf.directory);
}
