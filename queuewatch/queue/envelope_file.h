// SPDX-License-Identifier: BSD-2-Clause
// The targets of a message by the envelope in its file.
#ifndef QUEUEWATCH_QUEUE_ENVELOPE_FILE_H
#define QUEUEWATCH_QUEUE_ENVELOPE_FILE_H

#include "queuewatch/tally/message_table.h"
#include "queuewatch/tally/watch_list.h"

enum envelope_file_rc {
    ENVELOPE_FILE_OK,
    ENVELOPE_FILE_GONE,      // it moved or was delivered, or Postfix still writes it
    ENVELOPE_FILE_BROKEN,    // it is no queue file
    ENVELOPE_FILE_UNREADABLE // in errno
};

// Reads the file below `root` where the last scan saw it, and with ENVELOPE_FILE_OK sets the message's
// targets, and its arrival where the id does not tell it.
enum envelope_file_rc envelope_file_read(int root, struct message_table *table, struct message *message,
                                         const struct watch_list *list) __attribute__((warn_unused_result));

#endif
