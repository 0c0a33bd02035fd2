// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check_command.h"
#include "ctl/explain/explain.h"
#include "ctl/flush_command.h"
#include "ctl/incident_command.h"
#include "ctl/setup.h"
#include "ctl/spf_check.h"
#include "ctl/spf_record.h"
#include "ctl/status_command.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    // clang-format off
    static const struct ctl_command *const commands[] = {
        &setup_command,
        &status_command,
        &check_command,
        &check_postfix_command,
        &explain_command,
        &incident_list_command,
        &incident_show_command,
        &alert_list_command,
        &alert_retry_command,
        &contact_test_command,
        &flush_command,
        &spf_check_command,
        &spf_record_command,
        NULL,
    };
    // clang-format on
    return ctl_run(argc, argv, commands);
}
