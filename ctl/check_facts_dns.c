// SPDX-License-Identifier: BSD-2-Clause
// Our own names in DNS.
#include "base/cidr.h"
#include "ctl/check/fact.h"
#include "ctl/check_facts.h"
#include "ctl/host_addresses.h"
#include "resolver/resolver.h"

enum { NAMES_MAX = 16, ADDRESSES_MAX = 64, TIMEOUT_MS = 3000 };

struct own_name {
    char name[256];
    const char *of; // the parameter that names it
};

struct own {
    struct own_name names[NAMES_MAX];
    size_t names_count;
    struct ip addresses[ADDRESSES_MAX];
    size_t addresses_count;
};

static void add_address(const struct ip *address, void *arg)
{
    struct own *own = arg;
    if (own->addresses_count < ADDRESSES_MAX)
        own->addresses[own->addresses_count++] = *address;
}

// Each word is an address or a name of this service. `of` NULL: names are left out.
static void add_words(struct own *own, struct slice rest, const char *of)
{
    struct slice word;
    struct ip address;
    while (postconf_next(&rest, &word)) {
        if (ip_parse_bracketed(word, &address)) {
            add_address(&address, own);
            continue;
        }
        bool known = !of || own->names_count == NAMES_MAX;
        for (size_t i = 0; i < own->names_count; i++)
            known = known || slice_equal_nocase(word, slice_from(own->names[i].name));
        struct own_name *next = &own->names[known ? 0 : own->names_count];
        if (!known && slice_copy_lower(word, next->name, sizeof next->name)) {
            next->of = of;
            own->names_count++;
        }
    }
}

static void find_own(struct check_facts *facts, struct own *own)
{
    const struct postconf known = check_facts_read(facts);
    struct slice setting;
    add_words(own, postconf_value(&known, "myhostname"), "myhostname");
    add_words(own, postconf_value(&known, "conf.transportmap.mx_hosts"), "transportmap.conf/mx_hosts");
    add_words(own, postconf_value(&known, "conf.notifier.mx_hosts"), "notifier.conf/mx_hosts");
    if (facts->rows && directory_setting(facts->rows, "mx_hosts", &setting) == DIRECTORY_OK)
        add_words(own, setting, "setting.mx_hosts");
    add_words(own, postconf_value(&known, "inet_interfaces"), NULL);
    add_words(own, postconf_value(&known, "proxy_interfaces"), NULL);
    host_addresses_local(add_address, own);
}

struct asking {
    struct event_base *base;
    struct resolver *resolver;
    bool done;
    struct dns_answer answer;
    char bytes[2048]; // of the records that are kept
};

static void keep(const struct dns_answer *answer, void *arg)
{
    struct asking *asking = arg;
    size_t used = 0;
    asking->answer = *answer;
    asking->answer.count = 0;
    for (unsigned i = 0; i < answer->count && used + answer->data[i].len <= sizeof asking->bytes; i++) {
        memcpy(asking->bytes + used, answer->data[i].ptr, answer->data[i].len);
        asking->answer.data[asking->answer.count++] = slice_make(asking->bytes + used, answer->data[i].len);
        used += answer->data[i].len;
    }
    asking->done = true;
}

static enum dns_rc ask(struct asking *asking, const char *name, enum dns_type type)
{
    asking->done = false;
    (void)resolver_ask(asking->resolver, name, type, keep, asking);
    while (!asking->done && event_base_loop(asking->base, EVLOOP_ONCE) == 0)
        ;
    return asking->done ? asking->answer.rc : DNS_FAILED;
}

// The name in a PTR record, as text.
static void read_name(struct slice wire, char *out, size_t size)
{
    size_t len = 0;
    for (size_t at = 0; at < wire.len && wire.ptr[at] != 0;) {
        const size_t label = (unsigned char)wire.ptr[at++];
        if (at + label > wire.len || len + label + 2 > size)
            break;
        if (len)
            out[len++] = '.';
        memcpy(out + len, wire.ptr + at, label);
        len += label;
        at += label;
    }
    out[len] = '\0';
}

static void add_fact(struct check_facts *facts, size_t n, const char *what, const char *value)
{
    char key[64];
    snprintf(key, sizeof key, "dns.%zu.%s", n, what);
    check_facts_add(facts, key, "%s", value);
}

static void add_reverse(struct check_facts *facts, struct asking *asking, size_t n, const struct ip *address)
{
    char labels[IP_REVERSED_MAX], name[IP_REVERSED_MAX + 16], reverse[256];
    ip_reversed(address, labels);
    snprintf(name, sizeof name, "%s.%s", labels, address->bits == 32 ? "in-addr.arpa" : "ip6.arpa");
    if (ask(asking, name, DNS_TYPE_PTR) != DNS_FOUND || asking->answer.count == 0)
        return;
    read_name(asking->answer.data[0], reverse, sizeof reverse);
    add_fact(facts, n, "reverse", reverse);
}

static bool is_own(const struct own *own, const struct ip *address)
{
    for (size_t i = 0; i < own->addresses_count; i++)
        if (ip_equal(&own->addresses[i], address))
            return true;
    return false;
}

// The addresses of one kind. Returns whether DNS answered.
static bool add_addresses(struct asking *asking, const char *name, enum dns_type type, struct ip *found,
                          size_t *count)
{
    const size_t size = type == DNS_TYPE_A ? 4 : 16;
    const enum dns_rc rc = ask(asking, name, type);
    for (unsigned i = 0; rc == DNS_FOUND && i < asking->answer.count && *count < ADDRESSES_MAX; i++) {
        if (asking->answer.data[i].len != size)
            continue;
        struct ip *next = &found[(*count)++];
        *next = (struct ip){.bits = (uint8_t)(size * 8)};
        memcpy(next->bytes, asking->answer.data[i].ptr, size);
    }
    return rc == DNS_FOUND || rc == DNS_NONE;
}

// Returns whether DNS answered.
static bool add_name(struct check_facts *facts, struct asking *asking, const struct own *own, size_t n)
{
    struct ip found[ADDRESSES_MAX];
    size_t count = 0, all = 0, own_len = 0;
    char text[CIDR_TEXT_MAX], list[1024] = "", own_list[1024] = "";
    const char *name = own->names[n].name;
    bool answered = add_addresses(asking, name, DNS_TYPE_A, found, &count);
    answered = add_addresses(asking, name, DNS_TYPE_AAAA, found, &count) && answered;
    for (size_t i = 0; i < count && all + CIDR_TEXT_MAX < sizeof list; i++) {
        ip_format(&found[i], text);
        all += (size_t)snprintf(list + all, sizeof list - all, "%s%s", all ? " " : "", text);
        if (is_own(own, &found[i]))
            own_len += (size_t)snprintf(own_list + own_len, sizeof own_list - own_len, "%s%s",
                                        own_len ? " " : "", text);
    }
    add_fact(facts, n, "name", name);
    add_fact(facts, n, "of", own->names[n].of);
    add_fact(facts, n, "state", count ? "found" : answered ? "none" : "failed");
    add_fact(facts, n, "addresses", list);
    add_fact(facts, n, "own", own_list);
    if (count)
        add_reverse(facts, asking, n, &found[0]);
    return answered;
}

// HOST:PORT of an option, or the servers of a daemon, as the resolver takes them.
static void choose_servers(struct check_facts *facts, char *out, size_t size)
{
    const struct postconf known = check_facts_read(facts);
    struct slice host, port;
    if (!facts->dns)
        (void)slice_copy(postconf_value(&known, "conf.policyd.dns_servers"), out, size);
    else if (slice_split_last(slice_from(facts->dns), ':', &host, &port))
        snprintf(out, size, "%.*s@%.*s", (int)host.len, host.ptr, (int)port.len, port.ptr);
    else
        snprintf(out, size, "%s", facts->dns);
}

void check_facts_dns(struct check_facts *facts)
{
    static struct own own;
    struct problem problem = {0};
    char servers[512];
    bool answered = false;
    choose_servers(facts, servers, sizeof servers);
    const struct resolver_spec spec = {
        .servers = servers, .timeout_ms = TIMEOUT_MS, .max_ttl = 60, .cache_max = 100, .in_flight_max = 4};
    struct asking asking = {.base = event_base_new()};
    asking.resolver = asking.base ? resolver_create(asking.base, &spec, &problem) : NULL;
    if (asking.resolver) {
        find_own(facts, &own);
        for (size_t n = 0; n < own.names_count; n++)
            answered = add_name(facts, &asking, &own, n) || answered;
        resolver_destroy(asking.resolver);
        snprintf(problem.text, sizeof problem.text, "no answer within %d s", TIMEOUT_MS / 1000);
    }
    if (own.names_count > 0 || !asking.resolver)
        check_facts_add(facts, "dns.server", "%s", servers[0] ? servers : "/etc/resolv.conf");
    if (!answered && (own.names_count > 0 || !asking.resolver))
        check_facts_add(facts, "dns.problem", "%s", problem.text);
    if (asking.base)
        event_base_free(asking.base);
}
