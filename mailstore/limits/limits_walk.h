// SPDX-License-Identifier: BSD-2-Clause
// Keeps the quotas of all mailboxes in files for Dovecot, so that neither delivery nor log-in asks a database
// for them: after each change of the replica a walk over its mailboxes, and the files that differ are
// written.
#ifndef MAILSTORE_LIMITS_LIMITS_WALK_H
#define MAILSTORE_LIMITS_LIMITS_WALK_H

#include "directory/directory.h"

#include <event2/event.h>

struct limits_walk;

// `folder` is borrowed. Returns NULL if out of memory.
struct limits_walk *limits_walk_create(struct event_base *base, struct directory *directory,
                                       const char *folder);
void limits_walk_destroy(struct limits_walk *walk);

#endif
