// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/limits/limits_line.h"

#include "directory/store_address.h"

#include <openssl/evp.h>
#include <stdio.h>

static int64_t quota_of(const struct mailbox_row *mailbox, const struct plan_row *plan)
{
    const int64_t most = mailbox->candidate ? plan->candidate_quota
                         : mailbox->vip     ? plan->vip_quota
                                            : plan->mailbox_quota;
    const int64_t wanted = mailbox->quota >= 0 && mailbox->quota < most ? mailbox->quota : most;
    return wanted > 0 ? wanted : 1; // to Dovecot 0 is no limit
}

static bool user_of(const struct mailbox_row *mailbox, char user[STORE_ADDRESS_MAX + 1], size_t *len)
{
    struct slice local, domain, of;
    if (!slice_split_last(mailbox->address, '@', &local, &domain))
        return false;
    if (local.len > 1 && local.ptr[0] == '"')
        local = slice_make(local.ptr + 1, local.len - 2);
    if (!store_address_compose(local, slice_make(NULL, 0), domain, user) ||
        !slice_split_last(slice_from(user), '@', &local, &domain) || !store_address_domain(domain, &of))
        return false;
    *len = local.len + 1 + of.len;
    return true;
}

size_t limits_line(const struct mailbox_row *mailbox, const struct plan_row *plan, char out[LIMITS_LINE_MAX],
                   unsigned *shard)
{
    char user[STORE_ADDRESS_MAX + 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len;
    if (mailbox->blocked || !user_of(mailbox, user, &len) ||
        EVP_Digest(user, len, digest, NULL, EVP_sha1(), NULL) != 1)
        return 0;
    *shard = digest[0];
    const int written =
        snprintf(out, LIMITS_LINE_MAX, "@%.*s::::::: userdb_quota_rule=*:bytes=%lld%s\n", (int)len, user,
                 (long long)quota_of(mailbox, plan),
                 mailbox->reads_undelivered ? " userdb_namespace/undelivered/disabled=no" : "");
    return written > 0 && written < LIMITS_LINE_MAX ? (size_t)written : 0;
}
