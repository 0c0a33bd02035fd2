// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/tracker.h"
#include "tracker/tracker_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-tracker",
        .default_conf = "/etc/emailgency/tracker.conf",
        .options = tracker_options,
        .conf = &tracker_conf,
        .conf_size = sizeof tracker_conf,
        .probe = tracker_probe,
        .start = tracker_start,
        .run = tracker_run,
        .finish = tracker_finish,
        .refresh = tracker_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
