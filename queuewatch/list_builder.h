// SPDX-License-Identifier: BSD-2-Clause
// The list of watched domains, made from the replica in slices and again when the rows have changed.
#ifndef QUEUEWATCH_LIST_BUILDER_H
#define QUEUEWATCH_LIST_BUILDER_H

#include "directory/directory.h"
#include "queuewatch/watcher.h"

#include <event2/event.h>

struct list_builder;

// `watcher` gets each list that differs from the one before. Out of memory ends the process.
struct list_builder *list_builder_create(struct event_base *base, struct directory *directory,
                                         struct watcher *watcher, int64_t look_ms);
// NULL is allowed.
void list_builder_destroy(struct list_builder *builder);

void list_builder_register(void);

#endif
