// SPDX-License-Identifier: BSD-2-Clause
// Finds backup domains without a transport whose best MX is ourselves: Postfix would bounce their mail ("mail
// for … loops back to myself", src/smtp/smtp_addr.c). It looks at one domain after the other in the
// background, says in one line which and what to do, counts them, and has the outcome noted.
#ifndef TRANSPORTMAP_BEST_MX_H
#define TRANSPORTMAP_BEST_MX_H

#include "base/address.h"
#include "directory/directory.h"
#include "resolver/resolver.h"

struct best_mx;

struct best_mx_spec {
    const char *hosts; // our names and addresses, separated by blanks or commas
    int64_t interval_ms;
    struct directory *directory; // borrowed, as is the resolver
    struct resolver *resolver;
    struct best_mx_report *report; // NULL: only the log and the metrics tell
    struct best_mx_found *found;   // where the outcome is kept in this process
};

// Returns NULL only without memory.
struct best_mx *best_mx_create(struct event_base *base, const struct best_mx_spec *spec);
void best_mx_destroy(struct best_mx *best_mx);

// Looks at a domain that is relayed by MX before its turn, unless that was done within the interval: mail for
// it is on its way. Of very many at a time some wait for their turn.
void best_mx_hurry(struct best_mx *best_mx, const char *domain);

// Walks again as soon as the walk under way is over.
void best_mx_again(struct best_mx *best_mx);

// ---- the pure part ----

#define BEST_MX_HOSTS_MAX 8 // hosts of one preference that are looked at

// The hosts of the lowest preference among MX records, folded; of a name without such records the name itself
// (RFC 5321 section 5.1). Returns how many; 0 where nothing is known (no answer) or the domain takes no mail
// (RFC 7505).
unsigned best_mx_hosts(const struct dns_answer *answer, const char *domain,
                       char hosts[BEST_MX_HOSTS_MAX][ADDRESS_DOMAIN_MAX + 1]);

// Whether `host` is among the names of `list`, and whether an A or AAAA record is among its addresses.
bool best_mx_is_named(const char *list, const char *host);
bool best_mx_is_addressed(const char *list, struct slice record);

#endif
