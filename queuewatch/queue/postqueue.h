// SPDX-License-Identifier: BSD-2-Clause
// The queue as "postqueue -j" prints it, for where this process cannot read the queue itself. It costs far
// more: showq(8) opens two files of each message.
#ifndef QUEUEWATCH_QUEUE_POSTQUEUE_H
#define QUEUEWATCH_QUEUE_POSTQUEUE_H

#include "base/problem.h"
#include "queuewatch/tally/message_table.h"
#include "queuewatch/tally/watch_list.h"

#include <stdatomic.h>

// Runs it for the instance with this configuration directory ("": Postfix's default), and puts the messages
// and their targets into the table, with `scan` as their scan; all others are taken out. Returns false with a
// human-readable message in `problem`, and what was printed before in the table; also when `stop` was set.
bool postqueue_run(const char *config, struct message_table *table, const struct watch_list *list,
                   uint8_t scan, const atomic_bool *stop, struct problem *problem)
    __attribute__((warn_unused_result));

#endif
