// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup_fault.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"

#define AGAIN_MS 60000

#define NAMED(word)                                                                                          \
    {                                                                                                        \
        .name = "emailgency_transportmap_troubles_total",                                                    \
        .help = "Look-ups that could not be answered from the rows.", .labels = "trouble=\"" word "\""       \
    }

static struct {
    struct counter counter;
    const char *advice;
    struct log_value subject; // of the last line
    int64_t told_at;          // clock_mono_ms; 0: never
} troubles[LOOKUP_FAULTS] = {
    [LOOKUP_FAULT_MALFORMED] = {NAMED("malformed"),
                                "what came is no socketmap request; see who else connects to the socket",
                                {{0}},
                                0},
    [LOOKUP_FAULT_NO_KEY] = {NAMED("no-key"),
                             "a request has no key; see who else connects to the socket",
                             {{0}},
                             0},
    [LOOKUP_FAULT_TOO_BIG] = {NAMED("too-big"),
                              "a request is longer than Postfix asks; see who else connects to the socket",
                              {{0}},
                              0},
    [LOOKUP_FAULT_UNKNOWN_MAP] =
        {NAMED("unknown-map"),
         "no such map; in main.cf write one of transport, probe_transport, relay_domains, relay_recipients, "
         "virtual_alias, sender_login behind the socket",
         {{0}},
         0},
    [LOOKUP_FAULT_NO_DIRECTORY] =
        {NAMED("no-directory"),
         "no replica of the rows, so mail is deferred; see that emailgency-replicator "
         "runs and that `directory` names its folder",
         {{0}},
         0},
    [LOOKUP_FAULT_BROKEN_ROUTE] =
        {NAMED("broken-route"),
         "the domain's transport is no next hop, so its mail waits; correct the row",
         {{0}},
         0},
    [LOOKUP_FAULT_UNREACHABLE] =
        {NAMED("unreachable"),
         "the domain's transport is an address of a protocol that Postfix does not use, so "
         "its mail waits; see inet_protocols in main.cf and here, or correct the row",
         {{0}},
         0},
    [LOOKUP_FAULT_FORBIDDEN] =
        {NAMED("forbidden-route"),
         "the domain's transport is a host of ours or in a special network, so its mail waits; correct the "
         "row, or list the network in the setting transport_networks",
         {{0}},
         0},
    [LOOKUP_FAULT_BEST_MX] =
        {NAMED("best-mx"),
         "the domain's best MX is this service, so its mail waits; set domain.transport, or "
         "have the customer's server as best MX",
         {{0}},
         0},
    [LOOKUP_FAULT_TOO_MANY] =
        {NAMED("too-many"),
         "an alias leads to more addresses than Postfix takes, so mail to it waits; name fewer "
         "targets",
         {{0}},
         0},
    [LOOKUP_FAULT_UNSTORABLE] =
        {NAMED("unstorable"),
         "a domain's name is too long for the mail store, so mail that only the store has waits; give the "
         "domain a transport",
         {{0}},
         0},
    [LOOKUP_FAULT_UNREADABLE] =
        {NAMED("unreadable"),
         "a row of the replica cannot be read, so mail waits; see what emailgency-replicator "
         "logs, or remove the replica to have it made anew",
         {{0}},
         0},
};

void lookup_fault_register(void)
{
    for (int i = 0; i < LOOKUP_FAULTS; i++)
        counter_register(&troubles[i].counter);
}

void lookup_fault_report(enum lookup_fault trouble, struct slice subject)
{
    const int64_t now = clock_mono_ms();
    const struct log_value shown = log_value(subject);
    counter_add(&troubles[trouble].counter, 1);
    if (troubles[trouble].told_at != 0 && now - troubles[trouble].told_at < AGAIN_MS &&
        strcmp(shown.text, troubles[trouble].subject.text) == 0)
        return;
    troubles[trouble].told_at = now ? now : 1;
    troubles[trouble].subject = shown;
    log_error("%s: about=%s", troubles[trouble].advice, shown.text);
}

bool lookup_fault_of(enum lookup_reason reason, enum lookup_fault *out)
{
    switch (reason) {
    case LOOKUP_NO_DIRECTORY:
        *out = LOOKUP_FAULT_NO_DIRECTORY;
        return true;
    case LOOKUP_BROKEN_ROUTE:
        *out = LOOKUP_FAULT_BROKEN_ROUTE;
        return true;
    case LOOKUP_UNREACHABLE:
        *out = LOOKUP_FAULT_UNREACHABLE;
        return true;
    case LOOKUP_FORBIDDEN:
        *out = LOOKUP_FAULT_FORBIDDEN;
        return true;
    case LOOKUP_BEST_MX:
        *out = LOOKUP_FAULT_BEST_MX;
        return true;
    case LOOKUP_TOO_MANY:
        *out = LOOKUP_FAULT_TOO_MANY;
        return true;
    case LOOKUP_UNSTORABLE:
        *out = LOOKUP_FAULT_UNSTORABLE;
        return true;
    case LOOKUP_UNREADABLE:
        *out = LOOKUP_FAULT_UNREADABLE;
        return true;
    default:
        return false;
    }
}
