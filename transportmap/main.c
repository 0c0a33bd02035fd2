// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/transportmap.h"
#include "transportmap/transportmap_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-transportmap",
        .default_conf = "/etc/emailgency/transportmap.conf",
        .options = transportmap_options,
        .conf = &transportmap_conf,
        .conf_size = sizeof transportmap_conf,
        .listen = &transportmap_conf.listen,
        .probe = transportmap_conf_probe,
        .start = transportmap_start,
        .run = transportmap_run,
        .reload = transportmap_reload,
        .finish = transportmap_finish,
        .refresh = transportmap_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
