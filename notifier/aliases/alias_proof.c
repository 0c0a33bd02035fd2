// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/aliases/alias_proof.h"

#define PREFIX "emailgency="

static bool is_proof(struct slice record, struct slice token)
{
    record = slice_trim(record);
    return token.len > 0 && slice_has_prefix(record, SLICE(PREFIX)) &&
           slice_equal(slice_skip(record, strlen(PREFIX)), token);
}

const char *alias_proof_judge(const struct dns_answer *answer, const char *token)
{
    if (answer->rc == DNS_NONE)
        return "missing";
    if (answer->rc != DNS_FOUND)
        return "failed";
    for (unsigned i = 0; i < answer->count; i++)
        if (is_proof(answer->data[i], slice_from(token)))
            return "proved";
    return answer->truncated ? "failed" : "other";
}
