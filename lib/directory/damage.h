// SPDX-License-Identifier: BSD-2-Clause
// Detection of damage in the file of a replica. LMDB trusts what it maps: a file that was cut short ends
// its process by SIGBUS, other damage by an assertion or worse. So the file is checked before LMDB opens it.
#ifndef DIRECTORY_DAMAGE_H
#define DIRECTORY_DAMAGE_H

#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAMAGE_HEAD_MAX ((size_t)2 << 16) // two pages of LMDB's largest size

enum damage_rc {
    DAMAGE_NONE, // none was found
    DAMAGE_NO_FILE,
    DAMAGE_SHORT,  // the file ends before its last page, which may be an unused page
    DAMAGE_FOUND,  // it cannot be read
    DAMAGE_UNKNOWN // it could not be looked at
};

// The state by the two meta pages. Pure. `head` is the start of a file of `size` bytes, up to
// DAMAGE_HEAD_MAX. A human-readable reason is written for all but DAMAGE_NONE. An empty file is a replica
// without rows.
enum damage_rc damage_in_head(const unsigned char *head, size_t len, uint64_t size, struct problem *reason)
    __attribute__((warn_unused_result));

// The same for data.mdb in the folder `path`: a few microseconds.
enum damage_rc damage_look(const char *path, struct problem *reason) __attribute__((warn_unused_result));

// Reads every page, row and list of free pages in a child process, whose exit status reports damage. No
// process may write meanwhile. Blocks; after `seconds` it gives up and says DAMAGE_UNKNOWN.
enum damage_rc damage_walk(const char *path, unsigned seconds, struct problem *reason)
    __attribute__((warn_unused_result));

#endif
