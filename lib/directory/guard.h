// SPDX-License-Identifier: BSD-2-Clause
// The end of a process whose mapped replica turns out to be damaged: it logs that, notifies the replicator
// and exits, to be started again. A look-up that cannot be trusted must not become an answer.
#ifndef DIRECTORY_GUARD_H
#define DIRECTORY_GUARD_H

#include <lmdb.h>
#include <stdbool.h>

// Readers append a byte to this file of the folder; the replicator makes it, and looks.
#define GUARD_FILE "suspect"

// Watches the replica in `path` from now on: SIGBUS (a page that cannot be read) and LMDB's assertions end
// the process with exit code 71. Of several replicas in one process the message names the last one.
void guard_watch(MDB_env *env, const char *path);

// Returns whether LMDB found the key. A return code that means damage ends the process
// likewise.
bool guard_found(int rc);

#endif
