// SPDX-License-Identifier: BSD-2-Clause
#include "milter/milter.h"
#include "milter/milter_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-milter",
        .default_conf = "/etc/emailgency/milter.conf",
        .options = milter_options,
        .conf = &milter_conf,
        .conf_size = sizeof milter_conf,
        .listen = &milter_conf.listen,
        .probe = milter_conf_probe,
        .start = milter_start,
        .run = milter_run,
        .reload = milter_reload,
        .stop = milter_stop,
        .finish = milter_finish,
        .refresh = milter_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
