// SPDX-License-Identifier: BSD-2-Clause
// The domains whose mail is counted, by all their names, as the rows have them. A target is what counts are
// kept for: two of each domain, since mail for the customer's server and copies for the mail store
// (directory/store_address.h) wait for different reasons.
#ifndef QUEUEWATCH_TALLY_WATCH_LIST_H
#define QUEUEWATCH_TALLY_WATCH_LIST_H

#include "base/slice.h"

#include <stdint.h>

#define WATCH_NAME_MAX 320 // bytes of a target's name, NUL included
#define WATCH_TARGETS_MAX (UINT32_C(1) << 30)
#define WATCH_NONE UINT32_MAX          // no target
#define WATCH_SEVERAL (UINT32_MAX - 1) // more than one

struct watch_list;

// Out of memory ends the process, here and below.
struct watch_list *watch_list_create(void);
void watch_list_destroy(struct watch_list *list);

// Adds a domain: its own name and, unless it is empty, its alternate name. Names are in lower case.
void watch_list_add_domain(struct watch_list *list, struct slice name, struct slice alternate_name,
                           int64_t alert_minutes, int64_t alert_messages);
// Adds an alias of a domain that was added before; of another one it is left out.
void watch_list_add_alias(struct watch_list *list, struct slice name, struct slice domain);

// Differs, as far as a hash tells, for lists that differ in their domains, or these' order, names or limits.
struct watch_list_mark {
    uint64_t hash;
    size_t names;
};
struct watch_list_mark watch_list_mark(const struct watch_list *list);

// The target of a recipient's domain, in any case; WATCH_NONE: it is not watched.
uint32_t watch_list_target(const struct watch_list *list, struct slice domain);

// The target of a flush log by its file's name, WATCH_SEVERAL if the name stands for several. `*log` gets the
// number of the name, from 0.
uint32_t watch_list_log(const struct watch_list *list, struct slice file, uint32_t *log);
uint32_t watch_list_logs(const struct watch_list *list);

uint32_t watch_list_targets(const struct watch_list *list);

// Writes the target's name with a closing NUL; returns its length.
size_t watch_list_name(const struct watch_list *list, uint32_t target, char out[WATCH_NAME_MAX]);

// The age in seconds from which a message of the target is late, and how many late ones make an alert.
int64_t watch_list_late_after(const struct watch_list *list, uint32_t target);
int64_t watch_list_alert_messages(const struct watch_list *list, uint32_t target);

#endif
