// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/policyd.h"
#include "policyd/policyd_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-policyd",
        .default_conf = "/etc/emailgency/policyd.conf",
        .options = policyd_options,
        .conf = &policyd_conf,
        .conf_size = sizeof policyd_conf,
        .listen = &policyd_conf.listen,
        .probe = policyd_conf_probe,
        .start = policyd_start,
        .run = policyd_run,
        .reload = policyd_reload,
        .stop = policyd_stop,
        .finish = policyd_finish,
        .refresh = policyd_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
