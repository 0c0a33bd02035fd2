// SPDX-License-Identifier: BSD-2-Clause
#include "transportmap/lookup_fault.h"

#include "base/fault.h"
#include "base/log.h"

#define FAULT(error, problem, remedy)                                                                        \
    {                                                                                                        \
        .name = (error), .text = (problem), .advice = (remedy), .by_subject = true                           \
    }

static struct fault faults[LOOKUP_FAULTS] = {
    [LOOKUP_FAULT_MALFORMED] =
        FAULT("malformed", "malformed socketmap request", "check which other program connects to the socket"),
    [LOOKUP_FAULT_NO_KEY] =
        FAULT("no-key", "a request has no key", "check which other program connects to the socket"),
    [LOOKUP_FAULT_TOO_BIG] = FAULT("too-big", "a request is longer than Postfix asks",
                                   "check which other program connects to the socket"),
    [LOOKUP_FAULT_UNKNOWN_MAP] = FAULT("unknown-map", "no such map",
                                       "in main.cf write one of transport, probe_transport, relay_domains, "
                                       "relay_recipients, virtual_alias, sender_login after the socket"),
    [LOOKUP_FAULT_NO_DIRECTORY] =
        FAULT("no-directory", "no replica of the rows, so mail is deferred",
              "see that emailgency-replicator runs and that `directory` names its folder"),
    [LOOKUP_FAULT_BROKEN_ROUTE] =
        FAULT("broken-route", "the domain's transport is no next hop, so its mail waits", "correct the row"),
    [LOOKUP_FAULT_UNREACHABLE] = FAULT(
        "unreachable",
        "the domain's transport is an address of a protocol that Postfix does not use, so its mail waits",
        "see inet_protocols in main.cf and here, or correct the row"),
    [LOOKUP_FAULT_FORBIDDEN] =
        FAULT("forbidden-route",
              "the domain's transport is one of our hosts or in a special network, so its mail waits",
              "correct the row, or list the network in the setting transport_networks"),
    [LOOKUP_FAULT_BEST_MX] = FAULT("best-mx", "the domain's best MX is this service, so its mail waits",
                                   "set domain.transport, or have the customer's server as best MX"),
    [LOOKUP_FAULT_TOO_MANY] =
        FAULT("too-many", "an alias leads to more addresses than Postfix takes, so mail to it waits",
              "name fewer targets"),
    [LOOKUP_FAULT_UNSTORABLE] = FAULT(
        "unstorable", "a domain's name is too long for the mail store, so mail that only the store has waits",
        "give the domain a transport"),
    [LOOKUP_FAULT_UNREADABLE] =
        FAULT("unreadable", "a row of the replica cannot be read, so mail waits",
              "see what emailgency-replicator logs, or remove the replica to have it made again"),
};

void lookup_fault_register(void)
{
    fault_register(faults, LOOKUP_FAULTS, "emailgency_transportmap_errors_total");
}

void lookup_fault_report(enum lookup_fault fault, struct slice subject)
{
    fault_report(&faults[fault], subject.len > 0 ? log_value(subject).text : NULL);
}

void lookup_fault_no_directory(const char *problem)
{
    fault_report(&faults[LOOKUP_FAULT_NO_DIRECTORY], problem);
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
