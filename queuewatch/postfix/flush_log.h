// SPDX-License-Identifier: BSD-2-Clause
// Postfix's fast flush logs (src/flush/flush.c): the file flush/NAME has a line with the queue id for each
// time that delivery of a message to that domain was deferred. Lines are appended; ids stay in it, repeated
// and after the delivery, until Postfix flushes the domain and empties the file.
#ifndef QUEUEWATCH_POSTFIX_FLUSH_LOG_H
#define QUEUEWATCH_POSTFIX_FLUSH_LOG_H

#include "queuewatch/postfix/queue_id.h"

// Writes the file's name of a domain, NUL-terminated: lower case, and "_" for each byte but ASCII letters and
// digits. Several domains may share one. Returns false, with an empty name, for one that does not fit.
bool flush_log_name(struct slice domain, char *out, size_t size) __attribute__((warn_unused_result));

// Takes the first line that holds an id from `rest`, and skips lines that hold none. Returns false where
// there is no complete one; `rest` then is the incomplete last line.
bool flush_log_next(struct slice *rest, struct queue_id *out) __attribute__((warn_unused_result));

#endif
