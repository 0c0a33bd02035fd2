// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/status_command.h"

#include "ctl/status/status_judge.h"
#include "ctl/status_gather.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

enum { CONF, CONFIG, DIRECTORY, JSON, NAGIOS };
static const struct ctl_option options[] = {
    [CONF] = {"conf", 0, "DIR", "EMG_CONF", "/etc/emailgency", "folder of the daemons' files"},
    [CONFIG] = {"config", 'c', "DIR", "EMG_POSTFIX", NULL, "Postfix's configuration directory"},
    [DIRECTORY] = {"directory", 'd', "DIR", "EMG_LMDB", NULL,
                   "the node's replica; else as in replicator.conf"},
    [JSON] = {"json", 0, NULL, NULL, NULL, "one JSON document"},
    [NAGIOS] = {"nagios", 0, NULL, NULL, NULL, "one line with performance data, for monitoring systems"},
    {.name = NULL},
};

static int run(char *const *operands, const char *const *values)
{
    static struct status_gathering gathering;
    static struct status_report report;
    const struct status_places places = {
        .conf = values[CONF], .config = values[CONFIG], .directory = values[DIRECTORY]};
    (void)operands;
    if (values[JSON] && values[NAGIOS]) {
        fprintf(stderr,
                CTL_PROGRAM " status: --json and --nagios are two forms of one output: write one of them\n");
        return EX_USAGE;
    }
    signal(SIGPIPE, SIG_IGN); // a daemon that ends during its answer
    status_gather(&places, &gathering);
    gathering.facts.version = EMG_VERSION;
    status_judge(&gathering.facts, &report);
    const bool done = values[JSON]     ? status_print_json(&report, EMG_VERSION, stdout)
                      : values[NAGIOS] ? status_print_nagios(&report, stdout)
                                       : status_print(&report, stdout);
    status_gather_finish(&gathering);
    return done ? (int)status_report_level(&report) : EX_IOERR;
}

const struct ctl_command status_command = {
    .name = "status",
    .summary = "print whether this node is well: daemons, replica, database, queue",
    .options = options,
    .run = run,
};
