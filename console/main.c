// SPDX-License-Identifier: BSD-2-Clause
#include "console/console.h"
#include "console/console_conf.h"
#include "console/routes/console_route.h"

#include <string.h>

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-console",
        .default_conf = "/etc/emailgency/console.conf",
        .options = console_options,
        .conf = &console_conf,
        .conf_size = sizeof console_conf,
        .listen = &console_conf.listen,
        .start = console_start,
        .run = console_run,
        .reload = console_reload,
        .stop = console_stop,
        .finish = console_finish,
        .refresh = console_refresh,
        .probe = console_conf_probe,
    };
    if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
        console_route_print();
        return 0;
    }
    return daemon_run(argc, argv, &spec);
}
