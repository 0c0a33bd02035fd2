// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/account_command.h"
#include "ctl/candidate_command.h"
#include "ctl/check_command.h"
#include "ctl/contact_command.h"
#include "ctl/domain_command.h"
#include "ctl/explain/explain.h"
#include "ctl/flush_command.h"
#include "ctl/incident_command.h"
#include "ctl/mailbox_change.h"
#include "ctl/mailbox_command.h"
#include "ctl/probe/probe_command.h"
#include "ctl/queue_command.h"
#include "ctl/report_command.h"
#include "ctl/sending_command.h"
#include "ctl/setup.h"
#include "ctl/spf_check.h"
#include "ctl/spf_record.h"
#include "ctl/status_command.h"
#include "ctl/tidy_command.h"
#include "ctl/trace_command.h"

#include <stddef.h>

// In the order of the help.
// clang-format off
static const struct ctl_command *const commands[] = {
    &setup_command,
    &status_command,
    &check_command,
    &check_postfix_command,
    &explain_command,
    &trace_command,
    &mailbox_list_command,
    &mailbox_show_command,
    &mailbox_add_command,
    &mailbox_set_command,
    &mailbox_passwd_command,
    &mailbox_restore_command,
    &candidate_list_command,
    &candidate_promote_command,
    &candidate_discard_command,
    &tidy_command,
    &domain_usage_command,
    &account_list_command,
    &account_add_command,
    &account_passwd_command,
    &account_disable_command,
    &account_enable_command,
    &account_grant_command,
    &account_revoke_command,
    &account_watch_command,
    &account_sessions_command,
    &incident_list_command,
    &incident_show_command,
    &alert_list_command,
    &alert_retry_command,
    &contact_test_command,
    &contact_key_command,
    &queue_command,
    &probe_command,
    &flush_command,
    &deny_command,
    &allow_command,
    &held_list_command,
    &held_release_command,
    &held_delete_command,
    &report_preview_command,
    &spf_check_command,
    &spf_record_command,
    NULL,
};
// clang-format on

int main(int argc, char **argv)
{
    return ctl_run(argc, argv, commands);
}
