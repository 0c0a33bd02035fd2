// SPDX-License-Identifier: BSD-2-Clause
// One question and its reply over a Unix socket: a connection of its own for each.
#ifndef IO_UNIX_QUESTION_H
#define IO_UNIX_QUESTION_H

#include "base/slice.h"

#include <event2/event.h>
#include <stdbool.h>

struct unix_question;

struct unix_question_spec {
    const char *path; // of the socket
    struct slice question;
    int seconds; // until the connection, and then the reply, must be there
    // Looks at all bytes that have come. Returns false if more are needed; else sets `reply`, a part of them,
    // or `problem`, the reason why they are no reply.
    bool (*parse)(struct slice bytes, struct slice *reply, const char **problem);
    // Called once, from the loop, and never after unix_question_cancel(); the question has ended. `reply` is
    // valid until it returns; without one `problem` says why, else it is NULL.
    void (*on_reply)(struct slice reply, const char *problem, void *arg);
    void *arg;
};

// Returns NULL if out of memory, or if the socket cannot be connected to; then there is no callback.
struct unix_question *unix_question_ask(struct event_base *base, const struct unix_question_spec *spec);

// NULL is allowed.
void unix_question_cancel(struct unix_question *question);

#endif
