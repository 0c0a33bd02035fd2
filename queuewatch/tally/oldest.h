// SPDX-License-Identifier: BSD-2-Clause
// The oldest messages of a target.
#ifndef QUEUEWATCH_TALLY_OLDEST_H
#define QUEUEWATCH_TALLY_OLDEST_H

#include "queuewatch/tally/message_table.h"

// Writes at most `max` of them, the oldest first; ones of unknown arrival come last. Returns how many.
size_t oldest_find(struct message_table *table, uint32_t target, size_t max, struct message *out);

#endif
