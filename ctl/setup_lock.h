// SPDX-License-Identifier: BSD-2-Clause
// One setup of a node at a time; and a record of one that was killed after it wrote files and before it put
// them in force.
#ifndef CTL_SETUP_LOCK_H
#define CTL_SETUP_LOCK_H

#include "base/problem.h"

// `etc` is the folder of the daemons' files, by which nodes on one host differ. Returns false if another
// setup of it runs; one that only `reads` does not mind. `*interrupted`: the last one since the host booted
// did not end.
bool setup_lock_take(const char *etc, bool reads, bool *interrupted, struct problem *problem)
    __attribute__((warn_unused_result));

// Records that changes begin, and that all of them are in force or taken back.
bool setup_lock_begin(struct problem *problem) __attribute__((warn_unused_result));
void setup_lock_end(void);

void setup_lock_release(void);

#endif
