// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/consoleauth.h"
#include "consoleauth/consoleauth_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-console-auth",
        .default_conf = "/etc/emailgency/console-auth.conf",
        .options = consoleauth_options,
        .conf = &consoleauth_conf,
        .conf_size = sizeof consoleauth_conf,
        .listen = &consoleauth_conf.listen,
        .start = consoleauth_start,
        .run = consoleauth_run,
        .stop = consoleauth_stop,
        .finish = consoleauth_finish,
        .refresh = consoleauth_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
