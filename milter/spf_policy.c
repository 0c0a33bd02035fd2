// SPDX-License-Identifier: BSD-2-Clause
#include "milter/spf_policy.h"

static bool setting_is(const struct directory_snapshot *rows, const char *name, const char *word)
{
    struct slice value;
    return directory_setting(rows, name, &value) == DIRECTORY_OK && slice_equal(value, slice_from(word));
}

static enum spf_action read_action(const struct directory_snapshot *rows, const char *name)
{
    if (setting_is(rows, name, "reject"))
        return SPF_REFUSE;
    return setting_is(rows, name, "defer") ? SPF_DEFER : SPF_ACCEPT;
}

void spf_policy_read(const struct directory_snapshot *rows, struct spf_policy *out)
{
    const struct {
        enum spf_result result;
        const char *setting;
    } table[] = {{SPF_NONE, "spf_none"},
                 {SPF_NEUTRAL, "spf_neutral"},
                 {SPF_SOFTFAIL, "spf_softfail"},
                 {SPF_TEMPERROR, "spf_temperror"},
                 {SPF_PERMERROR, "spf_permerror"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        out->action[table[i].result] = read_action(rows, table[i].setting);
    out->action[SPF_PASS] = SPF_ACCEPT;
    out->action[SPF_FAIL] = SPF_REFUSE;
    out->helo = setting_is(rows, "spf_helo", "off")      ? SPF_OFF
                : setting_is(rows, "spf_helo", "reject") ? SPF_REJECT
                                                         : SPF_MARK;
    out->wide_is_neutral = !setting_is(rows, "spf_wide", "accept");
    out->received_spf = directory_setting_flag(rows, "spf_received_header", false);
}

enum spf_result spf_policy_result(const struct spf_policy *policy, const struct spf_finding *finding)
{
    const bool says_nothing = finding->result == SPF_PASS && finding->wide && policy->wide_is_neutral;
    return says_nothing ? SPF_NEUTRAL : finding->result;
}
