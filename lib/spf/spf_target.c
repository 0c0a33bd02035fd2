// SPDX-License-Identifier: BSD-2-Clause
#include "spf/spf_target.h"

#include "base/clock.h"
#include "spf/client_names.h"
#include "spfrecord/macro.h"

bool spf_target_values(struct check_host *check, struct slice in, const char *domain,
                       struct spf_expansion_values *out)
{
    *out = (struct spf_expansion_values){
        .sender = check->sender,
        .local = check->local,
        .sender_domain = check->sender_domain,
        .domain = slice_from(domain),
        .helo = slice_from(check->request->helo),
        .receiver = slice_from(check->request->receiver[0] ? check->request->receiver : "unknown"),
        .client = &check->request->client,
        .now = clock_wall(),
    };
    if (!macro_uses(in, 'p'))
        return true;
    if (!client_names_find(check))
        return false;
    out->validated = client_names_choose(check, domain);
    return true;
}

enum spf_target_rc spf_target_find(struct check_host *check, unsigned record, const struct term *term,
                                   char out[DNS_NAME_MAX + 1])
{
    const char *domain = check->record[record].domain;
    struct spf_expansion_values values;
    if (term->target.len == 0) {
        slice_copy(slice_from(domain), out, DNS_NAME_MAX + 1);
        return SPF_TARGET_OK;
    }
    if (!spf_target_values(check, term->target, domain, &values))
        return SPF_TARGET_WAITS;
    return spf_expansion_name(term->target, &values, out) ? SPF_TARGET_OK : SPF_TARGET_UNASKABLE;
}
