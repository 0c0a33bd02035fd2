// SPDX-License-Identifier: BSD-2-Clause
// A question to emailgency-queuewatch on this node (docs/protocols.md, "Waiting mail").
#ifndef CTL_QUEUE_ASK_H
#define CTL_QUEUE_ASK_H

#include "base/problem.h"
#include "wire/queue_codec.h"

struct queue_answer {
    char *bytes;        // on the heap
    struct slice lines; // for queue_line_next, within them
};

// Asks, and waits 10 s at most. Returns false with a human-readable message in `problem`;
// queue_answer_finish is right in either case.
bool queue_ask(const char *socket, const struct queue_request *request, struct queue_answer *out,
               struct problem *problem) __attribute__((warn_unused_result));
void queue_answer_finish(struct queue_answer *answer);

#endif
