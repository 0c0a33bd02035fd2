// SPDX-License-Identifier: BSD-2-Clause
#include "milter/spf/spf_policy.h"

static bool setting_is(const struct directory_snapshot *rows, const char *name, const char *word)
{
    struct slice value;
    return directory_setting(rows, name, &value) == DIRECTORY_OK && slice_equal(value, slice_from(word));
}

struct choice {
    const char *setting;
    enum spf_result result;
    bool may_defer, may_refuse;
};

static enum spf_policy_action read_action(const struct directory_snapshot *rows, const struct choice *choice)
{
    if (choice->may_refuse && setting_is(rows, choice->setting, "reject"))
        return SPF_POLICY_REFUSE;
    return choice->may_defer && setting_is(rows, choice->setting, "defer") ? SPF_POLICY_DEFER
                                                                           : SPF_POLICY_ACCEPT;
}

void spf_policy_read(const struct directory_snapshot *rows, struct spf_policy *out)
{
    static const struct choice choices[] = {
        {.result = SPF_NONE, .setting = "spf_none", .may_refuse = true},
        {.result = SPF_NEUTRAL, .setting = "spf_neutral", .may_refuse = true},
        {.result = SPF_SOFTFAIL, .setting = "spf_softfail", .may_refuse = true},
        {.result = SPF_TEMPERROR, .setting = "spf_temperror", .may_defer = true},
        {.result = SPF_PERMERROR, .setting = "spf_permerror", .may_defer = true, .may_refuse = true}};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        out->action[choices[i].result] = read_action(rows, &choices[i]);
    out->action[SPF_PASS] = SPF_POLICY_ACCEPT;
    out->action[SPF_FAIL] = SPF_POLICY_REFUSE;
    out->helo = setting_is(rows, "spf_helo", "off")      ? SPF_OFF
                : setting_is(rows, "spf_helo", "reject") ? SPF_REJECT
                                                         : SPF_MARK;
    out->wide_is_neutral = !setting_is(rows, "spf_wide", "accept");
    out->received_spf = directory_setting_flag(rows, "spf_received_header", false);
}

enum spf_result spf_policy_result(const struct spf_policy *policy, const struct spf_finding *finding)
{
    const bool is_neutral = finding->result == SPF_PASS && finding->wide && policy->wide_is_neutral;
    return is_neutral ? SPF_NEUTRAL : finding->result;
}

const char *spf_policy_comment(const struct spf_policy *policy, const struct spf_finding *finding)
{
    if (spf_policy_result(policy, finding) != finding->result)
        return "its record lets everybody pass";
    return spf_problem_words(finding->problem);
}
