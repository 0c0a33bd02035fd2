// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/keeper.h"
#include "mailstore/keeper_conf.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-keeper",
        .default_conf = "/etc/emailgency/keeper.conf",
        .options = keeper_options,
        .conf = &keeper_conf,
        .conf_size = sizeof keeper_conf,
        .probe = keeper_conf_probe,
        .start = keeper_start,
        .run = keeper_run,
        .finish = keeper_finish,
        .refresh = keeper_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
