// SPDX-License-Identifier: BSD-2-Clause
// Keeps this node's replica of the configuration rows equal to PostgreSQL: emailgency-replicator(8).
#include "replicator/follow.h"
#include "replicator/replicator_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-replicator",
        .default_conf = "/etc/emailgency/replicator.conf",
        .options = replicator_conf_options,
        .conf = &replicator_conf,
        .conf_size = sizeof replicator_conf,
        .probe = replicator_conf_probe,
        .start = follow_prepare,
        .run = follow_start,
        .stop = daemon_stopped,
        .finish = follow_finish,
        .refresh = follow_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
