// SPDX-License-Identifier: BSD-2-Clause
// The state that directory.c and the look-ups share; no other file includes it.
#ifndef DIRECTORY_DIRECTORY_SNAPSHOT_H
#define DIRECTORY_DIRECTORY_SNAPSHOT_H

#include "directory/replica.h"

struct directory_snapshot {
    struct replica *replica;
    uint64_t version;
};

#endif
