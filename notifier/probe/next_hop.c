// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/probe/next_hop.h"

#include "base/transport.h"
#include "io/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMTP_PORT = 25 };

struct next_hop_search {
    struct next_hop_spec spec;
    struct loop_timer timer;
    struct resolver_query *query;
    bool begun, asked_mx;
    uint16_t port;
    char hosts[NEXT_HOP_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1];
    unsigned host_count;
    unsigned at; // the next address question: host at / 2, A or AAAA
    bool unanswered;
    const char *why; // no hop
    struct next_hop hops[NEXT_HOPS_MAX];
    unsigned count;
};

void next_hop_cancel(struct next_hop_search *search)
{
    if (search->query)
        resolver_cancel(search->query);
    loop_timer_finish(&search->timer);
    free(search);
}

static void write_text(char out[NEXT_HOP_TEXT_MAX], const struct ip *ip, uint16_t port)
{
    char text[CIDR_TEXT_MAX];
    ip_format(ip, text);
    if (port == SMTP_PORT)
        snprintf(out, NEXT_HOP_TEXT_MAX, "%s", text);
    else
        snprintf(out, NEXT_HOP_TEXT_MAX, ip->bits == 32 ? "%s:%u" : "[%s]:%u", text, port);
}

static void add_hop(struct next_hop_search *search, const char *host, const struct ip *ip)
{
    struct next_hop *hop = &search->hops[search->count++];
    (void)slice_copy(slice_from(host), hop->host, sizeof hop->host);
    write_text(hop->text, ip, search->port);
    if (ip->bits == 32) {
        struct sockaddr_in *in = (struct sockaddr_in *)&hop->address.storage;
        *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(search->port)};
        memcpy(&in->sin_addr, ip->bytes, 4);
        hop->address.len = sizeof *in;
    } else {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)&hop->address.storage;
        *in = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(search->port)};
        memcpy(&in->sin6_addr, ip->bytes, 16);
        hop->address.len = sizeof *in;
    }
    hop->address.family = hop->address.storage.ss_family;
}

static void on_mx(const struct dns_answer *answer, void *arg)
{
    struct next_hop_search *search = arg;
    struct own_hosts own;
    search->query = NULL;
    search->unanswered = answer->rc == DNS_FAILED || answer->rc == DNS_TIMEOUT;
    search->why = search->unanswered ? "DNS does not answer" : "the domain has no MX host but this service";
    (void)own_host_begin(&own, search->spec.directory, search->spec.own_hosts);
    search->host_count = next_hop_hosts(answer, search->spec.domain, &own, search->hosts);
    own_host_end(&own, search->spec.directory);
    loop_timer_set(&search->timer, 0);
}

static void on_address(const struct dns_answer *answer, void *arg)
{
    struct next_hop_search *search = arg;
    const char *host = search->hosts[search->at++ / 2];
    struct own_hosts own;
    struct ip ip;
    search->query = NULL;
    search->unanswered = search->unanswered || answer->rc == DNS_FAILED || answer->rc == DNS_TIMEOUT;
    (void)own_host_begin(&own, search->spec.directory, search->spec.own_hosts);
    for (unsigned i = 0; answer->rc == DNS_FOUND && i < answer->count && search->count < NEXT_HOPS_MAX; i++)
        if (next_hop_address(answer->data[i], &own, search->spec.allowed, &ip))
            add_hop(search, host, &ip);
    own_host_end(&own, search->spec.directory);
    loop_timer_set(&search->timer, 0);
}

static void finish_search(struct next_hop_search *search)
{
    struct next_hop hops[NEXT_HOPS_MAX];
    const struct next_hop_spec spec = search->spec;
    const unsigned count = search->count;
    const char *why = search->unanswered ? "DNS does not answer" : search->why;
    memcpy(hops, search->hops, sizeof hops);
    next_hop_cancel(search);
    spec.on_found(hops, count, why, spec.arg);
}

static void ask(struct next_hop_search *search, const char *name, enum dns_type type,
                resolver_callback callback)
{
    struct resolver_query *query = resolver_ask(search->spec.resolver, name, type, callback, search);
    if (query)
        search->query = query;
}

static bool is_own(const struct next_hop_search *search, const struct transport *hop)
{
    struct own_hosts own;
    struct ip ip;
    (void)own_host_begin(&own, search->spec.directory, search->spec.own_hosts);
    const bool found = hop->kind == TRANSPORT_NAME
                           ? own_host_is_name(&own, hop->host)
                           : ip_parse(hop->host, &ip) && own_host_is_address(&own, &ip);
    own_host_end(&own, search->spec.directory);
    return found;
}

// Takes the transport as it is: an address needs no question, a name no MX (the brackets of "relay:[host]").
static void take_transport(struct next_hop_search *search)
{
    struct transport hop;
    struct ip ip;
    search->asked_mx = true;
    search->why = "the transport leads to no address that may be used";
    if (!transport_parse(slice_from(search->spec.transport), &hop) || is_own(search, &hop))
        return;
    search->port = hop.port;
    if (hop.kind == TRANSPORT_NAME)
        search->host_count = slice_copy_lower(hop.host, search->hosts[0], sizeof search->hosts[0]);
    else if (ip_parse(hop.host, &ip) &&
             (transport_is_public(&hop) || transport_is_listed(&hop, search->spec.allowed)) &&
             slice_copy(hop.host, search->hosts[0], sizeof search->hosts[0]))
        add_hop(search, search->hosts[0], &ip);
}

// Each question is asked from the loop, never from an answer, so that answers from the cache do not nest;
// rows are taken from there, too, where nobody else has them.
static void on_turn(void *arg)
{
    struct next_hop_search *search = arg;
    if (!search->begun && *search->spec.transport)
        take_transport(search);
    search->begun = true;
    if (!search->host_count && !search->asked_mx && !search->count) {
        search->asked_mx = true;
        ask(search, search->spec.domain, DNS_TYPE_MX, on_mx);
    } else if (search->at < search->host_count * 2 && search->count < NEXT_HOPS_MAX) {
        ask(search, search->hosts[search->at / 2], search->at % 2 ? DNS_TYPE_AAAA : DNS_TYPE_A, on_address);
    } else {
        finish_search(search);
    }
}

struct next_hop_search *next_hop_find(struct event_base *base, const struct next_hop_spec *spec)
{
    struct next_hop_search *search = calloc(1, sizeof *search);
    if (!search)
        return NULL;
    search->spec = *spec;
    search->port = SMTP_PORT;
    loop_timer_init(&search->timer, base, on_turn, search);
    loop_timer_set(&search->timer, 0);
    return search;
}
