// SPDX-License-Identifier: BSD-2-Clause
// Postfix's flush logs, of which each look reads only what was appended.
//
// Postfix refreshes a log that was not read for fast_flush_refresh_time, by its access time. So a look must
// not set that: the logs are opened with O_NOATIME, for which this process must own them or have CAP_FOWNER,
// or they are on a mount that is read-only or keeps no such time.
#ifndef QUEUEWATCH_QUEUE_FLUSH_READER_H
#define QUEUEWATCH_QUEUE_FLUSH_READER_H

#include "queuewatch/tally/message_table.h"
#include "queuewatch/tally/watch_list.h"

#include <sys/types.h>

struct flush_log_state {
    ino_t inode;
    off_t offset;         // of what was not read yet
    struct queue_id last; // of the line before it
};

// Zeroed it has read nothing.
struct flush_reader {
    struct flush_log_state *states; // as many as the list has logs
    uint32_t count;
};

enum flush_reader_rc {
    FLUSH_READER_OK,
    FLUSH_READER_NONE,      // there is no folder of logs
    FLUSH_READER_TOUCHES,   // a look would set the access time, and nothing was read
    FLUSH_READER_UNREADABLE // in errno; what could be read was
};

void flush_reader_finish(struct flush_reader *reader);

// Forgets what was read, as when the list has changed: the next look reads all of each log.
void flush_reader_forget(struct flush_reader *reader);

// Adds the targets of the logs below `root` to those messages of the table whose envelopes were not read, and
// marks these as seen by the walk of that number; those in a log whose name stands for several targets as
// doubtful.
enum flush_reader_rc flush_reader_run(struct flush_reader *reader, int root, const struct watch_list *list,
                                      struct message_table *table, uint8_t walk)
    __attribute__((warn_unused_result));

#endif
