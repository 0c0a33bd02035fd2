// SPDX-License-Identifier: BSD-2-Clause
#include "spf/lookup.h"

#include "spf/client_names.h"
#include "spf/rdata.h"

// Counts the term and finds its target.
static enum lookup_rc begin_term(struct check *check, const struct term *term, char name[DNS_NAME_MAX + 1])
{
    if (!check_count_term(check, term))
        return LOOKUP_STOP;
    switch (check_target(check, check->at, term, name)) {
    case TARGET_OK:
        return LOOKUP_FOUND;
    case TARGET_UNASKABLE:
        return LOOKUP_NONE;
    case TARGET_WAITS:
        break;
    }
    return LOOKUP_STOP;
}

static enum lookup_rc ask(struct check *check, enum resolver_type type, const char *name,
                          const struct resolver_answer **out)
{
    const struct resolver_answer *answer = *out = check_ask(check, type, name);
    if (!answer)
        return LOOKUP_STOP;
    if (answer->rc == RESOLVER_FAILED || answer->rc == RESOLVER_TIMEOUT) {
        check_end_at(check, SPF_TEMPERROR, SPF_DNS_FAILED, check_term(check));
        return LOOKUP_STOP;
    }
    return answer->rc == RESOLVER_FOUND && answer->count ? LOOKUP_FOUND : LOOKUP_NONE;
}

enum lookup_rc lookup_addresses(struct check *check, const struct resolver_answer **out)
{
    const struct term *term = check_term(check);
    char name[DNS_NAME_MAX + 1];
    enum lookup_rc rc = begin_term(check, term, name);
    if (rc != LOOKUP_FOUND)
        return rc;
    rc = ask(check, term->kind == TERM_EXISTS ? RESOLVER_A : rdata_address_type(&check->request->client),
             name, out);
    check->term_void = rc == LOOKUP_NONE;
    return rc;
}

// Reads the exchanges that can be asked for; a null MX (RFC 7505) is none of them.
static void read_exchanges(const struct resolver_answer *answer, struct hosts *out)
{
    char name[DNS_NAME_MAX + 1];
    out->count = 0;
    for (unsigned i = 0; i < answer->count; i++)
        if (rdata_exchange(answer->data[i], name) && dns_name_fold_bytes(name, out->names[out->count]))
            out->count++;
}

static bool answered(const struct resolver_answer *answer)
{
    return answer && (answer->rc == RESOLVER_FOUND || answer->rc == RESOLVER_NONE);
}

// Moves hosts[i] behind the last one.
static void move_last(struct hosts *hosts, unsigned i)
{
    char name[DNS_NAME_MAX + 1];
    memcpy(name, hosts->names[i], sizeof name);
    memmove(hosts->names[i], hosts->names[i + 1], (hosts->count - 1 - i) * sizeof hosts->names[0]);
    memcpy(hosts->names[hosts->count - 1], name, sizeof name);
}

// All hosts are asked for at once. Returns whether one of them has an address.
static bool foresee_hosts(struct check *check)
{
    struct hosts *hosts = &check->hosts;
    enum resolver_type type = rdata_address_type(&check->request->client);
    bool found = false;
    for (unsigned i = 0, seen = 0; seen < hosts->count; seen++) {
        const struct resolver_answer *answer = check_foresee(check, type, hosts->names[i]);
        found = found || !answer || answer->rc != RESOLVER_NONE;
        if (answered(answer))
            i++;
        else
            move_last(hosts, i);
    }
    return found;
}

enum lookup_rc lookup_exchanges(struct check *check)
{
    const struct term *term = check_term(check);
    const struct resolver_answer *answer;
    char name[DNS_NAME_MAX + 1];
    enum lookup_rc rc = begin_term(check, term, name);
    if (rc != LOOKUP_FOUND)
        return rc;
    rc = ask(check, RESOLVER_MX, name, &answer);
    check->term_void = rc == LOOKUP_NONE;
    if (rc != LOOKUP_FOUND)
        return rc;
    if (answer->count > CHECK_HOSTS_MAX) {
        check_end_at(check, SPF_PERMERROR, SPF_TOO_MANY_MX, term);
        return LOOKUP_STOP;
    }
    read_exchanges(answer, &check->hosts);
    check->term_void = !foresee_hosts(check) && check->hosts.count;
    return check->state == CHECK_GOING ? LOOKUP_FOUND : LOOKUP_STOP;
}

// "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match" (RFC 7208 section
// 5.5).
enum lookup_rc lookup_client_names(struct check *check)
{
    char target[DNS_NAME_MAX + 1], name[CLIENT_NAMES_REVERSED_MAX];
    enum lookup_rc rc = begin_term(check, check_term(check), target);
    if (rc != LOOKUP_FOUND)
        return rc;
    client_names_reversed(&check->request->client, name);
    const struct resolver_answer *answer = check_ask(check, RESOLVER_PTR, name);
    if (!answer)
        return LOOKUP_STOP;
    check->term_void = answer->rc == RESOLVER_NONE;
    client_names_below(answer, target, &check->hosts);
    for (unsigned i = 0; i < check->hosts.count; i++)
        if (dns_name_fold_bytes(check->hosts.names[i], check->hosts.names[i]))
            check_foresee(check, rdata_address_type(&check->request->client), check->hosts.names[i]);
    return check->state == CHECK_GOING ? LOOKUP_FOUND : LOOKUP_STOP;
}

// "If a DNS error occurs while doing an A RR lookup, then that domain name is skipped" of ptr (section 5.5).
enum lookup_rc lookup_host(struct check *check, unsigned host, const struct resolver_answer **out)
{
    const struct term *term = check_term(check);
    enum resolver_type type = rdata_address_type(&check->request->client);
    if (term->kind == TERM_MX)
        return ask(check, type, check->hosts.names[host], out);
    *out = check_ask(check, type, check->hosts.names[host]);
    if (!*out)
        return LOOKUP_STOP;
    return (*out)->rc == RESOLVER_FOUND ? LOOKUP_FOUND : LOOKUP_NONE;
}

enum lookup_rc lookup_passed(struct check *check, unsigned record, unsigned term)
{
    const struct term *passed = &check->record[record].terms[term];
    if (passed->kind == TERM_INCLUDE) {
        const struct term *last = check_term(check);
        trail_line(&check->trail, "%.*s: no match, by %.*s of %s", (int)passed->text.len, passed->text.ptr,
                   last ? (int)last->text.len : 7, last ? last->text.ptr : "default",
                   check->record[check->at].domain);
    }
    check->at = record;
    check->next = term;
    if (check->term_void && !check_count_void(check, passed))
        return LOOKUP_STOP;
    check->next++;
    check->term_void = false;
    return LOOKUP_NONE;
}
