// SPDX-License-Identifier: BSD-2-Clause
// The reply to a request for the sample (wire/queue_codec.h), written once per cycle.
#ifndef QUEUEWATCH_SAMPLE_H
#define QUEUEWATCH_SAMPLE_H

#include "queuewatch/tally/oldest.h"
#include "queuewatch/tally/tally.h"

// A netstring, in memory that sample_finish frees. Zeroed it is empty.
struct sample {
    char *memory;
    size_t size, len; // of the content and what is before it
    struct slice reply;
};

// Out of memory ends the process.
void sample_write(struct sample *out, const struct tally *tally, const struct watch_list *list, int64_t at,
                  bool complete);
void sample_write_messages(struct sample *out, const struct message *messages, size_t count);
void sample_write_error(struct sample *out, const char *text);
void sample_finish(struct sample *sample);

#endif
