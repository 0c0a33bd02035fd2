// SPDX-License-Identifier: BSD-2-Clause
// One setup at a time; and a record of one that was killed after it wrote files and before it put them in
// force.
#ifndef CTL_SETUP_LOCK_H
#define CTL_SETUP_LOCK_H

#include "base/problem.h"

// Held until the process ends. Returns false if another setup runs. `*interrupted`: the last one since the
// host booted did not end.
bool setup_lock_take(bool *interrupted, struct problem *problem) __attribute__((warn_unused_result));

// Records that changes begin, and that all of them are in force or taken back.
bool setup_lock_begin(struct problem *problem) __attribute__((warn_unused_result));
void setup_lock_end(void);

#endif
