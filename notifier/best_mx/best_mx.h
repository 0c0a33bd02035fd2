// SPDX-License-Identifier: BSD-2-Clause
// Finds backup domains without a transport whose best MX is this service: Postfix would bounce their mail
// ("mail for … loops back to myself", src/smtp/smtp_addr.c). It walks over all domains in the background, one
// at a time; when the rows have changed it first walks over those that it has not looked at. What it finds is
// logged, counted and reported to the database, from which each node's replica has it.
#ifndef NOTIFIER_BEST_MX_BEST_MX_H
#define NOTIFIER_BEST_MX_BEST_MX_H

#include "directory/directory.h"
#include "notifier/best_mx/best_mx_report.h"
#include "resolver/resolver.h"

struct best_mx;

struct best_mx_spec {
    const char *hosts; // our names and addresses, beside those of the rows (directory/own_host.h)
    int64_t interval_ms;
    struct directory *directory; // borrowed, as are the others
    struct resolver *resolver;
    struct best_mx_report *report; // NULL: log and metrics only
};

// Returns NULL if out of memory.
struct best_mx *best_mx_create(struct event_base *base, const struct best_mx_spec *spec);
void best_mx_destroy(struct best_mx *best_mx);

// Walks over all domains again, as soon as the walk in progress has ended.
void best_mx_again(struct best_mx *best_mx);

#endif
