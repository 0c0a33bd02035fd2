// SPDX-License-Identifier: BSD-2-Clause
// The age of this process's replica in its metrics, since the metrics of a dead replicator show none. One per
// process.
#ifndef DIRECTORY_DIRECTORY_AGE_H
#define DIRECTORY_DIRECTORY_AGE_H

#include "directory/directory.h"

// Registers the gauge under this name, "emailgency_DAEMON_replica_age_seconds", a string literal.
void directory_age_register(const char *name);

// Sets the gauge to the seconds since the replicator last proved the replica to be current, as of its newest
// state; -1: never, or no replica. `directory` may be NULL. Not between directory_begin and directory_end.
void directory_age_refresh(struct directory *directory);

#endif
