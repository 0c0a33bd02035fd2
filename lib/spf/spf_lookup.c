// SPDX-License-Identifier: BSD-2-Clause
#include "spf/spf_lookup.h"

#include "spf/client_names.h"
#include "spf/rdata.h"
#include "spf/spf_target.h"

// Counts the term and finds its target.
static enum spf_lookup_rc begin_term(struct check_host *check, const struct term *term,
                                     char name[DNS_NAME_MAX + 1])
{
    if (!check_host_count_term(check, term))
        return SPF_LOOKUP_STOP;
    switch (spf_target_find(check, check->at, term, name)) {
    case SPF_TARGET_OK:
        return SPF_LOOKUP_FOUND;
    case SPF_TARGET_UNASKABLE:
        return SPF_LOOKUP_NONE;
    case SPF_TARGET_WAITS:
        break;
    }
    return SPF_LOOKUP_STOP;
}

static enum spf_lookup_rc ask(struct check_host *check, enum dns_type type, const char *name,
                              const struct dns_answer **out)
{
    const struct dns_answer *answer = *out = check_host_ask(check, type, name);
    if (!answer)
        return SPF_LOOKUP_STOP;
    if (answer->rc == DNS_FAILED || answer->rc == DNS_TIMEOUT) {
        check_host_end_at(check, SPF_TEMPERROR, SPF_DNS_FAILED, check_host_term(check));
        return SPF_LOOKUP_STOP;
    }
    return answer->rc == DNS_FOUND && answer->count ? SPF_LOOKUP_FOUND : SPF_LOOKUP_NONE;
}

enum spf_lookup_rc spf_lookup_addresses(struct check_host *check, const struct dns_answer **out)
{
    const struct term *term = check_host_term(check);
    char name[DNS_NAME_MAX + 1];
    enum spf_lookup_rc rc = begin_term(check, term, name);
    if (rc != SPF_LOOKUP_FOUND)
        return rc;
    rc = ask(check, term->kind == TERM_EXISTS ? DNS_TYPE_A : rdata_address_type(&check->request->client),
             name, out);
    check->term_void = rc == SPF_LOOKUP_NONE;
    return rc;
}

// Reads the exchanges that can be asked for; a null MX (RFC 7505) is none of them.
static void read_exchanges(const struct dns_answer *answer, struct check_host_names *out)
{
    char name[DNS_NAME_MAX + 1];
    out->count = 0;
    for (unsigned i = 0; i < answer->count; i++)
        if (rdata_exchange(answer->data[i], name) && dns_name_fold_bytes(name, out->names[out->count]))
            out->count++;
}

static bool answered(const struct dns_answer *answer)
{
    return answer && (answer->rc == DNS_FOUND || answer->rc == DNS_NONE);
}

// Moves hosts[i] after the last one.
static void move_last(struct check_host_names *hosts, unsigned i)
{
    char name[DNS_NAME_MAX + 1];
    memcpy(name, hosts->names[i], sizeof name);
    memmove(hosts->names[i], hosts->names[i + 1], (hosts->count - 1 - i) * sizeof hosts->names[0]);
    memcpy(hosts->names[hosts->count - 1], name, sizeof name);
}

// All hosts are asked for at once. Returns whether one of them has an address.
static bool prefetch_hosts(struct check_host *check)
{
    struct check_host_names *hosts = &check->hosts;
    enum dns_type type = rdata_address_type(&check->request->client);
    bool found = false;
    for (unsigned i = 0, seen = 0; seen < hosts->count; seen++) {
        const struct dns_answer *answer = check_host_prefetch(check, type, hosts->names[i]);
        found = found || !answer || answer->rc != DNS_NONE;
        if (answered(answer))
            i++;
        else
            move_last(hosts, i);
    }
    return found;
}

enum spf_lookup_rc spf_lookup_exchanges(struct check_host *check)
{
    const struct term *term = check_host_term(check);
    const struct dns_answer *answer;
    char name[DNS_NAME_MAX + 1];
    enum spf_lookup_rc rc = begin_term(check, term, name);
    if (rc != SPF_LOOKUP_FOUND)
        return rc;
    rc = ask(check, DNS_TYPE_MX, name, &answer);
    check->term_void = rc == SPF_LOOKUP_NONE;
    if (rc != SPF_LOOKUP_FOUND)
        return rc;
    if (answer->count > CHECK_HOST_HOSTS_MAX) {
        check_host_end_at(check, SPF_PERMERROR, SPF_TOO_MANY_MX, term);
        return SPF_LOOKUP_STOP;
    }
    read_exchanges(answer, &check->hosts);
    check->term_void = !prefetch_hosts(check) && check->hosts.count;
    return check->state == CHECK_HOST_GOING ? SPF_LOOKUP_FOUND : SPF_LOOKUP_STOP;
}

// "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match" (RFC 7208 section
// 5.5).
enum spf_lookup_rc spf_lookup_client_names(struct check_host *check)
{
    char target[DNS_NAME_MAX + 1], name[CLIENT_NAMES_REVERSED_MAX];
    enum spf_lookup_rc rc = begin_term(check, check_host_term(check), target);
    if (rc != SPF_LOOKUP_FOUND)
        return rc;
    client_names_reversed(&check->request->client, name);
    const struct dns_answer *answer = check_host_ask(check, DNS_TYPE_PTR, name);
    if (!answer)
        return SPF_LOOKUP_STOP;
    check->term_void = answer->rc == DNS_NONE;
    client_names_below(answer, target, &check->hosts);
    for (unsigned i = 0; i < check->hosts.count; i++)
        if (dns_name_fold_bytes(check->hosts.names[i], check->hosts.names[i]))
            check_host_prefetch(check, rdata_address_type(&check->request->client), check->hosts.names[i]);
    return check->state == CHECK_HOST_GOING ? SPF_LOOKUP_FOUND : SPF_LOOKUP_STOP;
}

// "If a DNS error occurs while doing an A RR lookup, then that domain name is skipped" of ptr (section 5.5).
enum spf_lookup_rc spf_lookup_host(struct check_host *check, unsigned host, const struct dns_answer **out)
{
    const struct term *term = check_host_term(check);
    enum dns_type type = rdata_address_type(&check->request->client);
    if (term->kind == TERM_MX)
        return ask(check, type, check->hosts.names[host], out);
    *out = check_host_ask(check, type, check->hosts.names[host]);
    if (!*out)
        return SPF_LOOKUP_STOP;
    return (*out)->rc == DNS_FOUND ? SPF_LOOKUP_FOUND : SPF_LOOKUP_NONE;
}

enum spf_lookup_rc spf_lookup_passed(struct check_host *check, unsigned record, unsigned term)
{
    const struct term *passed = &check->record[record].terms[term];
    if (passed->kind == TERM_INCLUDE) {
        const struct term *last = check_host_term(check);
        spf_trace_line(&check->trace, "%.*s: no match, by %.*s of %s", (int)passed->text.len,
                       passed->text.ptr, last ? (int)last->text.len : 7, last ? last->text.ptr : "default",
                       check->record[check->at].domain);
    }
    check->at = record;
    check->next = term;
    if (check->term_void && !check_host_count_void(check, passed))
        return SPF_LOOKUP_STOP;
    check->next++;
    check->term_void = false;
    return SPF_LOOKUP_NONE;
}
