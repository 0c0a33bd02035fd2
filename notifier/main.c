// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/notifier.h"
#include "notifier/notifier_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-notifier",
        .default_conf = "/etc/emailgency/notifier.conf",
        .options = notifier_options,
        .conf = &notifier_conf,
        .conf_size = sizeof notifier_conf,
        .probe = notifier_conf_probe,
        .start = notifier_start,
        .run = notifier_run,
        .finish = notifier_finish,
        .refresh = notifier_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
