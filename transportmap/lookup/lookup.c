// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup/lookup.h"

#include "directory/round_trip_address.h"
#include "directory/store_address.h"
#include "idn/idn.h"
#include "transportmap/lookup/compose.h"
#include "transportmap/lookup/postmaster.h"
#include "transportmap/lookup/round_trip.h"

#include <stdio.h>

static const char *const map_names[LOOKUP_MAPS] = {
    [LOOKUP_TRANSPORT] = "transport",         [LOOKUP_PROBE_TRANSPORT] = "probe_transport",
    [LOOKUP_RELAY_DOMAINS] = "relay_domains", [LOOKUP_RELAY_RECIPIENTS] = "relay_recipients",
    [LOOKUP_VIRTUAL_ALIAS] = "virtual_alias", [LOOKUP_SENDER_LOGIN] = "sender_login",
};

static const char *const reason_words[LOOKUP_REASONS] = {
    [LOOKUP_NO_ADDRESS] = "no-address",
    [LOOKUP_NOT_LOCAL] = "not-local",
    [LOOKUP_STORE] = "store",
    [LOOKUP_NEXT_HOP] = "next-hop",
    [LOOKUP_BY_MX] = "by-mx",
    [LOOKUP_DOMAIN] = "domain",
    [LOOKUP_MAILBOX] = "mailbox",
    [LOOKUP_CANDIDATE] = "candidate",
    [LOOKUP_ALIAS] = "alias",
    [LOOKUP_CATCHALL] = "catchall",
    [LOOKUP_VERIFY] = "verify",
    [LOOKUP_POSTMASTER] = "postmaster",
    [LOOKUP_ROUND_TRIP] = "round-trip",
    [LOOKUP_UNKNOWN] = "unknown",
    [LOOKUP_NOWHERE] = "nowhere",
    [LOOKUP_BROKEN_ROUTE] = "broken-route",
    [LOOKUP_UNREACHABLE] = "unreachable",
    [LOOKUP_FORBIDDEN] = "forbidden-route",
    [LOOKUP_BEST_MX] = "best-mx",
    [LOOKUP_TOO_MANY] = "too-many",
    [LOOKUP_UNSTORABLE] = "unstorable",
    [LOOKUP_UNREADABLE] = "unreadable",
    [LOOKUP_NO_DIRECTORY] = "no-directory",
};

static const enum lookup_reason kind_reasons[] = {
    [RECIPIENT_UNKNOWN] = LOOKUP_UNKNOWN,   [RECIPIENT_ALIAS] = LOOKUP_ALIAS,
    [RECIPIENT_MAILBOX] = LOOKUP_MAILBOX,   [RECIPIENT_CANDIDATE] = LOOKUP_CANDIDATE,
    [RECIPIENT_CATCHALL] = LOOKUP_CATCHALL, [RECIPIENT_VERIFIED] = LOOKUP_VERIFY,
};

bool lookup_map_named(struct slice name, enum lookup_map *out)
{
    for (int i = 0; i < LOOKUP_MAPS; i++) {
        if (slice_equal(name, slice_from(map_names[i]))) {
            *out = (enum lookup_map)i;
            return true;
        }
    }
    return false;
}

const char *lookup_map_name(enum lookup_map map)
{
    return map_names[map];
}

const char *lookup_reason_word(enum lookup_reason reason)
{
    return reason_words[reason];
}

static void settle(struct lookup_answer *out, enum lookup_status status, enum lookup_reason reason)
{
    out->status = status;
    out->reason = reason;
}

static void settle_text(struct lookup_answer *out, enum lookup_status status, enum lookup_reason reason,
                        const char *text)
{
    settle(out, status, reason);
    out->len = strlen(text);
    memcpy(out->text, text, out->len + 1);
}

void lookup_without_rows(struct lookup_answer *out)
{
    out->domain[0] = '\0';
    settle_text(out, LOOKUP_TEMP, LOOKUP_NO_DIRECTORY, "no replica of the configuration");
}

static void settle_unreadable(struct lookup_answer *out)
{
    settle_text(out, LOOKUP_TEMP, LOOKUP_UNREADABLE, "a row cannot be read");
}

// ---- by domain: transport, relay_domains ----

// The domain of a key that is an address or a domain, as rows have it. A route depends on the domain alone:
// anything may be before the last "@".
static bool read_domain(struct slice key, char out[ADDRESS_DOMAIN_MAX + 1])
{
    struct slice local, domain;
    if (!slice_split_last(key, '@', &local, &domain))
        domain = key;
    return idn_domain(domain, out);
}

// As an access(5) table relay_domains is asked with an address, and its answer permits. An address that may
// be routed on by the next server must not be permitted so: reject_unauth_destination judges it
// (RESOLVE_FLAG_ROUTED in src/smtpd/smtpd_check.c).
static bool is_plain(struct slice key)
{
    struct slice local, domain;
    if (!slice_split_last(key, '@', &local, &domain))
        return true;
    for (size_t i = 0; i < local.len; i++)
        if (strchr("@%!:\"", local.ptr[i]))
            return false;
    return local.len > 0;
}

// Postfix's own service retry(8) keeps mail in the queue, and the store gets its copy. TEMP would have
// smtpd(8) refuse it at the door, and go on doing so after the row is right (src/smtpd/smtpd_resolve.c).
static void answer_route(const struct directory_snapshot *rows, const struct domain_row *domain,
                         const struct route_rules *rules, struct lookup_answer *out)
{
    char route[ROUTE_MAX];
    switch (route_of(rows, domain, rules, route)) {
    case ROUTE_STORE:
        settle_text(out, LOOKUP_FOUND, LOOKUP_STORE, route);
        break;
    case ROUTE_NEXT_HOP:
        settle_text(out, LOOKUP_FOUND, LOOKUP_NEXT_HOP, route);
        break;
    case ROUTE_MX:
        settle_text(out, LOOKUP_FOUND, LOOKUP_BY_MX, route);
        break;
    case ROUTE_BROKEN:
        settle_text(out, LOOKUP_TEMP, LOOKUP_BROKEN_ROUTE, "the domain's transport is malformed");
        break;
    case ROUTE_UNREACHABLE:
        settle_text(out, LOOKUP_TEMP, LOOKUP_UNREACHABLE, "the domain's transport is of another protocol");
        break;
    case ROUTE_FORBIDDEN:
        settle_text(out, LOOKUP_FOUND, LOOKUP_FORBIDDEN,
                    "retry:4.4.4 the domain's transport is no host of a customer");
        break;
    case ROUTE_BEST_MX:
        settle_text(out, LOOKUP_FOUND, LOOKUP_BEST_MX,
                    "retry:4.4.6 the domain's best MX is this service itself");
        break;
    }
}

// Mail that waits for the store of a domain without rows keeps waiting: a bounce would say that it was not
// delivered. Postfix's own service retry(8) reports this for queued mail; TEMP would keep smtpd(8), too,
// from refusing what is and was no served domain.
static void answer_store(const struct directory_snapshot *rows, const struct route_rules *rules,
                         struct slice name, struct lookup_answer *out)
{
    struct domain_row domain;
    char route[ROUTE_MAX];
    const enum directory_rc rc = directory_domain_of(rows, name, &domain);
    if (rc == DIRECTORY_NOT_FOUND) {
        settle_text(out, LOOKUP_FOUND, LOOKUP_NOT_LOCAL, "retry:4.3.0 no such domain in the mail store");
    } else if (rc == DIRECTORY_OK) {
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
        route_to_store(rules, route);
        settle_text(out, LOOKUP_FOUND, LOOKUP_STORE, route);
    } else {
        settle_unreadable(out);
    }
}

// Returns false if it is no domain of round trips.
static bool answer_round_trip(const struct directory_snapshot *rows, const struct route_rules *rules,
                              enum lookup_map map, struct slice name, struct lookup_answer *out)
{
    struct round_trip_route route;
    if (!round_trip_route(rows, rules, name, &route))
        return false;
    memcpy(out->domain, route.domain, sizeof out->domain);
    settle(out, LOOKUP_NOT_FOUND, LOOKUP_ROUND_TRIP);
    if (map == LOOKUP_TRANSPORT)
        settle_text(out, route.readable ? LOOKUP_FOUND : LOOKUP_TEMP, LOOKUP_ROUND_TRIP, route.text);
    else if (route.home)
        settle_text(out, LOOKUP_FOUND, LOOKUP_ROUND_TRIP, "OK");
    return true;
}

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] > 127)
            return false;
    return true;
}

// virtual_alias writes the store's form in ASCII. Other spellings of it were not written here, and main.cf's
// patterns do not match them.
static void lookup_by_domain(const struct directory_snapshot *rows, const struct route_rules *rules,
                             enum lookup_map map, struct slice key, struct lookup_answer *out)
{
    char name[ADDRESS_DOMAIN_MAX + 1];
    struct domain_row domain;
    struct slice of;
    if (!read_domain(key, name) || (map == LOOKUP_RELAY_DOMAINS && !is_plain(key)))
        return;
    if (store_address_domain(slice_from(name), &of)) {
        settle(out, LOOKUP_NOT_FOUND, LOOKUP_STORE);
        if (map == LOOKUP_TRANSPORT && is_ascii(key))
            answer_store(rows, rules, of, out);
        return;
    }
    if (answer_round_trip(rows, rules, map, slice_from(name), out))
        return;
    const enum directory_rc rc = directory_domain_of(rows, slice_from(name), &domain);
    if (rc == DIRECTORY_OK)
        (void)slice_copy(domain.name, out->domain, sizeof out->domain);
    if (rc == DIRECTORY_NOT_FOUND)
        settle(out, LOOKUP_NOT_FOUND, LOOKUP_NOT_LOCAL);
    else if (rc != DIRECTORY_OK)
        settle_unreadable(out);
    else if (map == LOOKUP_TRANSPORT)
        answer_route(rows, &domain, rules, out);
    else
        settle_text(out, LOOKUP_FOUND, LOOKUP_DOMAIN, "OK");
}

// ---- by address: relay_recipients, virtual_alias, sender_login ----

static void answer_expansion(enum lookup_map map, const struct expansion *expansion,
                             struct lookup_answer *out)
{
    const enum lookup_reason reason = kind_reasons[expansion->items[0].kind];
    const bool arrives = expansion_arrives(expansion);
    enum compose_rc rc = COMPOSE_OK;
    settle_text(out, LOOKUP_FOUND, reason, "OK");
    if (!arrives)
        settle(out, LOOKUP_NOT_FOUND, reason == LOOKUP_ALIAS ? LOOKUP_NOWHERE : reason);
    if (map == LOOKUP_VIRTUAL_ALIAS && arrives)
        rc = compose_recipients(expansion, out->text, sizeof out->text, &out->len);
    else if (map == LOOKUP_SENDER_LOGIN)
        rc = compose_logins(expansion, out->text, sizeof out->text, &out->len);
    if (rc == COMPOSE_TOO_MANY)
        settle_text(out, LOOKUP_TEMP, LOOKUP_TOO_MANY, "the alias has too many targets");
    else if (rc == COMPOSE_UNSTORABLE)
        settle_text(out, LOOKUP_TEMP, LOOKUP_UNSTORABLE, "the domain's name is too long for the mail store");
    else if (map == LOOKUP_SENDER_LOGIN)
        settle(out, rc == COMPOSE_OK ? LOOKUP_FOUND : LOOKUP_NOT_FOUND, reason);
}

// Returns false if rows apply to the address.
static bool answer_apart(const struct directory_snapshot *rows, enum lookup_map map, struct slice local,
                         struct slice domain, struct lookup_answer *out)
{
    if (!round_trip_is_apart(rows, local, domain))
        return false;
    settle(out, LOOKUP_NOT_FOUND, LOOKUP_ROUND_TRIP);
    if (map == LOOKUP_RELAY_RECIPIENTS && round_trip_address_is(rows, local, domain))
        settle_text(out, LOOKUP_FOUND, LOOKUP_ROUND_TRIP, "OK");
    return true;
}

static void lookup_by_address(const struct directory_snapshot *rows, const struct route_rules *rules,
                              enum lookup_map map, struct slice key, struct lookup_answer *out)
{
    char folded[ADDRESS_MAX + 1], taker[ADDRESS_MAX + 1];
    struct slice local, domain, of;
    struct expansion expansion; // not cleared: most look-ups touch little of it
    if (idn_address_fold(key, folded) != ADDRESS_OK)
        return;
    (void)slice_split_last(slice_from(folded), '@', &local, &domain);
    if (store_address_domain(domain, &of)) {
        settle(out, LOOKUP_NOT_FOUND, LOOKUP_STORE);
        return;
    }
    if (answer_apart(rows, map, local, domain, out))
        return;
    const enum expansion_rc rc = expansion_make(rows, local, domain, &expansion);
    if (rc != EXPANSION_UNKNOWN_DOMAIN && expansion.count > 0)
        (void)slice_copy(expansion.items[0].domain.name, out->domain, sizeof out->domain);
    if (map != LOOKUP_SENDER_LOGIN && postmaster_takes(rows, rules, local, domain, rc, &expansion, taker)) {
        settle_text(out, LOOKUP_FOUND, LOOKUP_POSTMASTER, map == LOOKUP_VIRTUAL_ALIAS ? taker : "OK");
        return;
    }
    switch (rc) {
    case EXPANSION_OK:
        answer_expansion(map, &expansion, out);
        break;
    case EXPANSION_UNKNOWN_DOMAIN:
        settle(out, LOOKUP_NOT_FOUND, LOOKUP_NOT_LOCAL);
        break;
    case EXPANSION_TOO_MANY:
        settle_text(out, LOOKUP_TEMP, LOOKUP_TOO_MANY, "the alias has too many targets");
        break;
    case EXPANSION_UNREADABLE:
        settle_unreadable(out);
        break;
    }
}

// verify(8)'s probes take the same routes by a transport of their own, since Postfix is to treat their
// answers differently from a delivery's (docs/protocols.md).
static void to_probe(struct lookup_answer *out)
{
    static const char relay[] = "relay:", probe[] = "emailgency-probe:";
    char rest[ROUTE_MAX];
    const struct slice text = slice_make(out->text, out->len);
    if (out->status == LOOKUP_FOUND && slice_has_prefix(text, slice_from(relay)) &&
        slice_copy(slice_skip(text, sizeof relay - 1), rest, sizeof rest))
        out->len = (size_t)snprintf(out->text, sizeof out->text, "%s%s", probe, rest);
}

void lookup(const struct directory_snapshot *rows, const struct route_rules *rules, enum lookup_map map,
            struct slice key, struct lookup_answer *out)
{
    settle_text(out, LOOKUP_NOT_FOUND, LOOKUP_NO_ADDRESS, "");
    out->domain[0] = '\0';
    if (map == LOOKUP_TRANSPORT || map == LOOKUP_RELAY_DOMAINS) {
        lookup_by_domain(rows, rules, map, key, out);
    } else if (map == LOOKUP_PROBE_TRANSPORT) {
        lookup_by_domain(rows, rules, LOOKUP_TRANSPORT, key, out);
        to_probe(out);
    } else
        lookup_by_address(rows, rules, map, key, out);
    if (out->status == LOOKUP_NOT_FOUND) {
        out->len = 0;
        out->text[0] = '\0';
    }
}
