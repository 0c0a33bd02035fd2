// SPDX-License-Identifier: BSD-2-Clause
// Postfix's queue ids, which are the names of its queue files (src/global/mail_queue.h, mail_queue.c).
//
//   long   (enable_long_queue_ids = yes) seconds in base 52, 6 digits or more; microseconds in base 52, 4
//          digits; "z"; inode in base 51. The time is that of the file's creation: the age of a message
//          without a look at it
//   short  microseconds, 5 hexadecimal digits; inode, hexadecimal
#ifndef QUEUEWATCH_POSTFIX_QUEUE_ID_H
#define QUEUEWATCH_POSTFIX_QUEUE_ID_H

#include "base/slice.h"

#include <stdint.h>

#define QUEUE_ID_MAX 32      // bytes of text, NUL included; 6 + 4 + 1 + 12 of a long id
#define QUEUE_ID_PATH_MAX 64 // below the folder of a queue
#define QUEUE_ID_DEPTH_MAX 5 // of subfolders; there are so many digits of microseconds

struct queue_id {
    uint64_t inode;
    uint32_t seconds; // of arrival, since 1970; of a short id 0
    uint32_t microseconds;
    bool is_short;
};

// Returns false for what is no queue id as Postfix writes it, so that each id has one text.
bool queue_id_parse(struct slice text, struct queue_id *out) __attribute__((warn_unused_result));

// Writes the text with a closing NUL; returns its length.
size_t queue_id_format(const struct queue_id *id, char out[QUEUE_ID_MAX]);

// Writes the path of the file below its queue's folder, `depth` subfolders (hash_queue_depth) deep.
void queue_id_path(const struct queue_id *id, unsigned depth, char out[QUEUE_ID_PATH_MAX]);

static inline bool queue_id_equal(const struct queue_id *a, const struct queue_id *b)
{
    return a->inode == b->inode && a->seconds == b->seconds && a->microseconds == b->microseconds &&
           a->is_short == b->is_short;
}

#endif
