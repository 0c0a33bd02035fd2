// SPDX-License-Identifier: BSD-2-Clause
// The node's replica of the configuration rows, for readers: an LMDB environment that the replicator writes.
// Look-ups take about a microsecond, allocate nothing and ask no server.
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include "base/cidr.h"
#include "directory/schema.h"

struct directory;          // an open replica; one per process, used by one thread
struct directory_snapshot; // one consistent state of all rows

enum directory_rc {
    DIRECTORY_OK,
    DIRECTORY_NOT_FOUND,
    DIRECTORY_UNAVAILABLE, // no replica yet, of another layout, or unreadable: the caller gives its defined
                           // answer
};

// `path` is the environment's folder. Never fails for a replica that is not there: it is opened once it
// appears (looked for again at most once a second). Out of memory ends the process.
struct directory *directory_create(const char *path);
void directory_destroy(struct directory *directory);

// Takes the newest state. Keep it for one loop turn, never across a wait: an old state pins its pages. Every
// begin is followed by an end; they do not nest. The snapshot belongs to the directory.
enum directory_rc directory_begin(struct directory *directory, const struct directory_snapshot **out)
    __attribute__((warn_unused_result));
void directory_end(struct directory *directory);

// Reason why the last begin returned DIRECTORY_UNAVAILABLE, with advice; for the log and for readiness.
const char *directory_problem(const struct directory *directory);

// Names and addresses are looked up as they are: the caller folds case (address_fold).
enum directory_rc directory_plan(const struct directory_snapshot *, struct slice name, struct plan_row *out)
    __attribute__((warn_unused_result));
enum directory_rc directory_domain(const struct directory_snapshot *, struct slice name,
                                   struct domain_row *out) __attribute__((warn_unused_result));
enum directory_rc directory_mailbox(const struct directory_snapshot *, struct slice address,
                                    struct mailbox_row *out) __attribute__((warn_unused_result));

// The domain that `name` is a name of: its own name, an alias, or an alternate name.
enum directory_rc directory_domain_of(const struct directory_snapshot *, struct slice name,
                                      struct domain_row *out) __attribute__((warn_unused_result));

// The value of a setting; `fallback` where the row or the replica is missing or it is no such number.
int64_t directory_setting_number(const struct directory_snapshot *, const char *name, int64_t fallback);
bool directory_setting_flag(const struct directory_snapshot *, const char *name, bool fallback);
enum directory_rc directory_setting(const struct directory_snapshot *, const char *name, struct slice *out)
    __attribute__((warn_unused_result));

// White list entries of a domain by kind: exact look-ups for all but networks.
enum whitelist_kind {
    WHITELIST_ADDRESS,   // user@dom
    WHITELIST_DOMAIN,    // dom
    WHITELIST_BELOW,     // .dom: dom and all below
    WHITELIST_HOST,      // host:name
    WHITELIST_HOST_BELOW // host:.name: name and all below
};
// `text` without "." or "host:" prefix, folded.
bool directory_whitelisted(const struct directory_snapshot *, struct slice domain, enum whitelist_kind kind,
                           struct slice text);
// An entry (address or CIDR range) of the domain that holds `client`; `*entry`, which may be NULL, is its
// text.
bool directory_whitelisted_client(const struct directory_snapshot *, struct slice domain,
                                  const struct ip *client, struct slice *entry);
// Returns whether the domain has any entry at all.
bool directory_has_whitelist(const struct directory_snapshot *, struct slice domain);

// The n-th DNS list in the order of zones, from 0; DIRECTORY_NOT_FOUND after the last.
enum directory_rc directory_dnsbl(const struct directory_snapshot *, size_t n, struct dnsbl_row *out)
    __attribute__((warn_unused_result));

// The finding on the domain's best MX: mail of the domain, if relayed by MX, would come back to this service.
enum directory_rc directory_best_mx(const struct directory_snapshot *, struct slice domain,
                                    struct best_mx_row *out) __attribute__((warn_unused_result));

// The n-th target of an alias address, from 0.
enum directory_rc directory_alias(const struct directory_snapshot *, struct slice address, size_t n,
                                  struct slice *target) __attribute__((warn_unused_result));

// All targets of an alias address at one go, in their order. At most `max` are written, and `*count` is how
// many were: as many as `max` may mean that there are more. DIRECTORY_NOT_FOUND where there is none.
enum directory_rc directory_aliases(const struct directory_snapshot *, struct slice address,
                                    struct slice *targets, size_t max, size_t *count)
    __attribute__((warn_unused_result));

// The first domain after `name` in the order of names as bytes; an empty name begins. For walks over all.
enum directory_rc directory_domain_after(const struct directory_snapshot *, struct slice name,
                                         struct domain_row *out) __attribute__((warn_unused_result));

// The same for the alias names of all domains.
enum directory_rc directory_domain_alias_after(const struct directory_snapshot *, struct slice name,
                                               struct domain_alias_row *out)
    __attribute__((warn_unused_result));

// The same for mailboxes, in the order of their addresses.
enum directory_rc directory_mailbox_after(const struct directory_snapshot *, struct slice address,
                                          struct mailbox_row *out) __attribute__((warn_unused_result));

// Changes with every commit of the replicator; for caches of derived values.
uint64_t directory_version(const struct directory_snapshot *);

// Time at which the replicator last proved the replica current, in seconds since 1970; 0: never. For metrics.
int64_t directory_checked_at(const struct directory_snapshot *);

#endif
