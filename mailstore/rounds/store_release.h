// SPDX-License-Identifier: BSD-2-Clause
// The end of the leases that an earlier process of this node left. A lease is the node's, not the process's:
// ended after a claim, it would let a second job start beside the one that runs.
#ifndef MAILSTORE_ROUNDS_STORE_RELEASE_H
#define MAILSTORE_ROUNDS_STORE_RELEASE_H

#include "mailstore/rounds/store_means.h"

#define STORE_RELEASE_LOOK_MS 50 // until the answer is there

// Returns whether the leases were ended, so that work may be claimed. Else has them ended: ask again.
bool store_release_done(const struct store_means *means) __attribute__((warn_unused_result));

#endif
