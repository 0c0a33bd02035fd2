// SPDX-License-Identifier: BSD-2-Clause
#include "spf/client_names.h"

#include "spf/rdata.h"

#include <stdio.h>

void client_names_reversed(const struct ip *client, char out[CLIENT_NAMES_REVERSED_MAX])
{
    char labels[IP_REVERSED_MAX];
    ip_reversed(client, labels);
    snprintf(out, CLIENT_NAMES_REVERSED_MAX, "%s.%s.arpa", labels, client->bits == 32 ? "in-addr" : "ip6");
}

static bool is_below(const char *name, const char *target)
{
    struct slice whole = slice_from(name), end = slice_from(target);
    return slice_has_suffix_nocase(whole, end) &&
           (end.len == 0 || whole.len == end.len || whole.ptr[whole.len - end.len - 1] == '.');
}

// "If more than 10 sending-domain_names are found, use at most 10" (RFC 7208 section 5.5).
void client_names_below(const struct dns_answer *pointers, const char *target, struct check_host_names *out)
{
    unsigned used = pointers->count < CHECK_HOST_HOSTS_MAX ? pointers->count : CHECK_HOST_HOSTS_MAX;
    char askable[DNS_NAME_MAX + 1];
    out->count = 0;
    for (unsigned i = 0; pointers->rc == DNS_FOUND && i < used; i++) {
        char *name = out->names[out->count];
        if (rdata_name(pointers->data[i], name) && dns_name_fold_bytes(name, askable) &&
            is_below(name, target))
            out->count++;
    }
}

// Keeps the names that have the client's address. A name whose look-up fails is skipped (section 5.5).
static void keep_confirmed(struct check_host *check, struct check_host_names *hosts)
{
    const struct ip *client = &check->request->client;
    char name[DNS_NAME_MAX + 1];
    unsigned kept = 0;
    for (unsigned i = 0; i < hosts->count; i++) {
        bool askable = dns_name_fold_bytes(hosts->names[i], name);
        const struct dns_answer *answer =
            askable ? check_host_ask(check, rdata_address_type(client), name) : NULL;
        if (!answer || !rdata_has_address(answer, client))
            continue;
        if (kept != i)
            memcpy(hosts->names[kept], hosts->names[i], sizeof hosts->names[i]);
        kept++;
    }
    hosts->count = kept;
}

bool client_names_find(struct check_host *check)
{
    char name[CLIENT_NAMES_REVERSED_MAX];
    if (check->client_names_known)
        return true;
    client_names_reversed(&check->request->client, name);
    const struct dns_answer *pointers = check_host_ask(check, DNS_TYPE_PTR, name);
    if (!pointers)
        return false;
    client_names_below(pointers, "", &check->client_names);
    keep_confirmed(check, &check->client_names);
    check->client_names_known = check->state != CHECK_HOST_WAITING;
    return check->client_names_known;
}

struct slice client_names_choose(const struct check_host *check, const char *domain)
{
    const struct check_host_names *names = &check->client_names;
    const char *chosen = names->count ? names->names[0] : "unknown";
    for (unsigned i = names->count; i-- > 0;)
        if (is_below(names->names[i], domain))
            chosen = names->names[i];
    for (unsigned i = 0; i < names->count; i++)
        if (strlen(names->names[i]) == strlen(domain) && is_below(names->names[i], domain))
            chosen = names->names[i];
    return slice_from(chosen);
}
