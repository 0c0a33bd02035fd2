// SPDX-License-Identifier: BSD-2-Clause
#include "replicator/replicator_conf.h"

struct replicator_conf replicator_conf;

static const char *check_directory(const char *value)
{
    return value[0] == '/' ? NULL : "write an absolute path, as in /var/lib/emailgency/replica";
}

#define FIELD(name) offsetof(struct replicator_conf, name)

const struct conf_option replicator_conf_options[] = {
    DAEMON_OPTIONS(struct replicator_conf, "127.0.0.1:9721"),
    {"directory", CONF_TEXT, FIELD(directory), "/var/lib/emailgency/replica", 0, 0, false, check_directory,
     "folder of this node's replica; the readers' group is that of the folder"},
    {"database", CONF_TEXT, FIELD(database), "dbname=emailgency user=emailgency_replicator", 0, 0, false,
     NULL, "libpq connection string of the primary, not through a pooler; several hosts are allowed"},
    {"database_password_file", CONF_SECRET, FIELD(database_password), "", 0, 0, false, NULL,
     "file whose first line is the database password; empty: none"},
    {"map_size", CONF_NUMBER, FIELD(map_size), "17179869184", 1048576, INT64_MAX, false, NULL,
     "bound of the replica's file in bytes; address space, not memory"},
    {"poll_interval", CONF_NUMBER, FIELD(poll_interval), "1", 1, 3600, true, NULL,
     "seconds between two looks at the change log where no notification comes"},
    {"reload_interval", CONF_NUMBER, FIELD(reload_interval), "86400", 0, 31536000, true, NULL,
     "seconds between two comparisons of all rows, as a safety net; 0: never"},
    {"reader_check_interval", CONF_NUMBER, FIELD(reader_check_interval), "10", 1, 3600, true, NULL,
     "seconds between two searches for readers that died"},
    CONF_END,
};
