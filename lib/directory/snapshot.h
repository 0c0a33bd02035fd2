// SPDX-License-Identifier: BSD-2-Clause
// What directory.c and the look-ups share; nobody else includes it.
#ifndef DIRECTORY_SNAPSHOT_H
#define DIRECTORY_SNAPSHOT_H

#include "directory/replica.h"

struct directory_snapshot {
    struct replica *replica;
    uint64_t version;
};

#endif
