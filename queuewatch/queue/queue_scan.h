// SPDX-License-Identifier: BSD-2-Clause
// A look at the names of all queue files, which are their ids: which messages there are, in which queue.
// Files come, move and go meanwhile.
#ifndef QUEUEWATCH_QUEUE_QUEUE_SCAN_H
#define QUEUEWATCH_QUEUE_QUEUE_SCAN_H

#include "queuewatch/tally/message_table.h"
#include "wire/queue_codec.h"

#include <stdatomic.h>

struct queue_scan {
    uint8_t number;              // of the last scan; the messages that it saw have it
    uint8_t depths[QUEUE_NAMES]; // subfolders below each queue's folder
    int errors[QUEUE_NAMES];     // errno of the first folder that could not be read; 0: none
    uint64_t left_out;           // messages for which the table has no room
};

// Scans the folders below `root`, Postfix's queue directory, and takes out of `table` what is no longer
// there; messages of a queue that cannot be read stay. Returns false if `stop` was set meanwhile.
bool queue_scan_run(struct queue_scan *scan, int root, struct message_table *table, const atomic_bool *stop)
    __attribute__((warn_unused_result));

// Path of the message's file below the queue directory, where the scan saw it.
#define QUEUE_SCAN_PATH_MAX (QUEUE_ID_PATH_MAX + 16)
void queue_scan_path(const struct message *message, char out[QUEUE_SCAN_PATH_MAX]);

#endif
