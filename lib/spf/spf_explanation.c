// SPDX-License-Identifier: BSD-2-Clause
#include "spf/spf_explanation.h"

#include "spf/spf_target.h"
#include "spfrecord/macro.h"

void spf_explanation_find(struct check_host *check, unsigned record)
{
    const char *domain = check->record[record].domain;
    struct term exp = {.kind = TERM_EXP, .target = check->record[record].explanation};
    struct spf_expansion_values values;
    char name[DNS_NAME_MAX + 1];
    if (exp.target.len == 0 || spf_target_find(check, record, &exp, name) != SPF_TARGET_OK)
        return;
    const struct dns_answer *answer = check_host_ask(check, DNS_TYPE_TXT, name);
    // "If there are any DNS processing errors, or if no records are returned, or if more than one record is
    // returned, or if there are syntax errors in the explanation string, then proceed as if no exp modifier
    // was given."
    if (!answer || answer->rc != DNS_FOUND || answer->count != 1)
        return;
    struct slice text = answer->data[0];
    if (macro_valid(text, MACRO_IN_EXPLANATION) && spf_target_values(check, text, domain, &values))
        spf_expansion_text(text, &values, check->out->explanation, sizeof check->out->explanation);
}
