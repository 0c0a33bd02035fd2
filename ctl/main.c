// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/check_postfix.h"
#include "ctl/explain/explain.h"
#include "ctl/setup.h"
#include "ctl/spf_check.h"
#include "ctl/spf_record.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    static const struct ctl_command *const commands[] = {&explain_command,   &check_postfix_command,
                                                         &spf_check_command, &spf_record_command,
                                                         &setup_command,     NULL};
    return ctl_run(argc, argv, commands);
}
