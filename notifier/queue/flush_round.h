// SPDX-License-Identifier: BSD-2-Clause
// Delivers the waiting mail of domains now, when flush() asks for it: several domains at once, so that one
// whose server is slow does not hold up the others. A request that this node had begun before it was
// restarted is begun again.
#ifndef NOTIFIER_QUEUE_FLUSH_ROUND_H
#define NOTIFIER_QUEUE_FLUSH_ROUND_H

#include "notifier/queue/flush_job.h"

struct flush_round;

// `means` is copied. Returns NULL if out of memory.
struct flush_round *flush_round_create(const struct flush_means *means);

// To be called after pg_destroy.
void flush_round_destroy(struct flush_round *round);

#endif
