// SPDX-License-Identifier: BSD-2-Clause
#include "report/report_conf.h"
#include "report/report_run.h"

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {
        .name = "emailgency-report",
        .default_conf = "/etc/emailgency/report.conf",
        .options = report_options,
        .conf = &report_conf,
        .conf_size = sizeof report_conf,
        .start = report_start,
        .run = report_run,
        .finish = report_finish,
    };
    return daemon_run(argc, argv, &spec);
}
