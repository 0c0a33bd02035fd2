// SPDX-License-Identifier: BSD-2-Clause
#include "queuewatch/queuewatch.h"
#include "queuewatch/queuewatch_conf.h"

#include <linux/capability.h>

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-queuewatch",
        .default_conf = "/etc/emailgency/queuewatch.conf",
        .options = queuewatch_options,
        .conf = &queuewatch_conf,
        .conf_size = sizeof queuewatch_conf,
        .kept_capabilities = UINT32_C(1) << CAP_DAC_READ_SEARCH,
        .start = queuewatch_start,
        .run = queuewatch_run,
        .finish = queuewatch_finish,
        .refresh = queuewatch_refresh,
    };
    return daemon_run(argc, argv, &spec);
}
