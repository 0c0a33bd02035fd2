// SPDX-License-Identifier: BSD-2-Clause
// The answer of transportmap: a pure function of the rows and one key. Postfix asks a socketmap for the whole
// address alone (src/util/dict_sockmap.c is a PATTERN map), so case, quotes, extension, aliases and the
// domain's other names are handled here.
#ifndef TRANSPORTMAP_LOOKUP_LOOKUP_H
#define TRANSPORTMAP_LOOKUP_LOOKUP_H

#include "transportmap/lookup/route.h"

#include "base/address.h"
#include "directory/directory.h"

enum lookup_map {
    LOOKUP_TRANSPORT,        // transport_maps
    LOOKUP_PROBE_TRANSPORT,  // address_verify_transport_maps
    LOOKUP_RELAY_DOMAINS,    // relay_domains
    LOOKUP_RELAY_RECIPIENTS, // relay_recipient_maps
    LOOKUP_VIRTUAL_ALIAS,    // virtual_alias_maps
    LOOKUP_SENDER_LOGIN,     // smtpd_sender_login_maps
    LOOKUP_MAPS
};

// Returns false where no map has that name.
bool lookup_map_named(struct slice name, enum lookup_map *out) __attribute__((warn_unused_result));
const char *lookup_map_name(enum lookup_map map);

enum lookup_status {
    LOOKUP_FOUND,     // `text` is the answer, never empty
    LOOKUP_NOT_FOUND, // no such domain or address
    LOOKUP_TEMP,      // not known now: Postfix defers, `text` says why
};

// The reason of an answer, for the log, the metrics and `explain`.
enum lookup_reason {
    LOOKUP_NO_ADDRESS,   // the key is no address or domain, such as "*", which Postfix asks for (transport.c)
    LOOKUP_NOT_LOCAL,    // no row has the domain
    LOOKUP_STORE,        // the store's own form of an address, or the store's route
    LOOKUP_NEXT_HOP,     // domain.transport
    LOOKUP_BY_MX,        // no domain.transport
    LOOKUP_DOMAIN,       // a domain, alias domain or alternate domain
    LOOKUP_MAILBOX,      // mailbox
    LOOKUP_CANDIDATE,    // mailbox.candidate
    LOOKUP_ALIAS,        // alias
    LOOKUP_CATCHALL,     // domain.catchall
    LOOKUP_VERIFY,       // domain.verify_recipients: the customer's server is asked
    LOOKUP_POSTMASTER,   // setting postmaster: nobody else takes it
    LOOKUP_ROUND_TRIP,   // setting round_trip_address, or a probe that leaves
    LOOKUP_UNKNOWN,      // no row names the address
    LOOKUP_NOWHERE,      // an alias, but all that it leads to is unknown
    LOOKUP_BROKEN_ROUTE, // domain.transport is malformed
    LOOKUP_UNREACHABLE,  // domain.transport is of a protocol that Postfix does not use
    LOOKUP_FORBIDDEN,    // domain.transport is a host that no customer may name
    LOOKUP_BEST_MX,      // no domain.transport, and the best MX is ourselves: mail would come back
    LOOKUP_TOO_MANY,     // an alias leads to more addresses than Postfix takes
    LOOKUP_UNSTORABLE,   // the domain's name is too long for the mail store, and nobody else has its mail
    LOOKUP_UNREADABLE,   // a row cannot be read
    LOOKUP_NO_DIRECTORY, // no replica; the caller's to set
    LOOKUP_REASONS
};
const char *lookup_reason_word(enum lookup_reason reason);

#define LOOKUP_TEXT_MAX 99997 // bytes; with "OK " the maximum that Postfix accepts

struct lookup_answer {
    enum lookup_status status;
    enum lookup_reason reason;
    char domain[ADDRESS_DOMAIN_MAX + 1]; // the one whose row decided, under its own name; empty: none
    size_t len;
    char text[LOOKUP_TEXT_MAX + 1]; // ends in NUL
};

// `key` is any bytes. Writes all of `out` but the bytes after the text.
void lookup(const struct directory_snapshot *rows, const struct route_rules *rules, enum lookup_map map,
            struct slice key, struct lookup_answer *out);

// The answer without a usable replica: TEMP, for each map and key.
void lookup_without_rows(struct lookup_answer *out);

#endif
