// SPDX-License-Identifier: BSD-2-Clause
// The replies of emailgency-queuewatch as figures, for a reader and for a program. Pure.
#ifndef CTL_QUEUE_QUEUE_VIEW_H
#define CTL_QUEUE_QUEUE_VIEW_H

#include "base/problem.h"
#include "ctl/queue/age_histogram.h"
#include "wire/queue_codec.h"

struct queue_view_domain {
    struct slice name; // points into the reply
    uint64_t messages, late;
    int64_t oldest;
};

struct queue_view {
    int64_t now;
    struct queue_cycle cycle;
    uint64_t sizes[QUEUE_NAMES];       // messages in each queue
    struct queue_view_domain *domains; // most late messages first, then most messages
    size_t count;
    struct age_histogram ages; // of the oldest message of each domain, or of one domain's messages
    uint64_t listed;           // messages of that domain that `ages` has
    uint64_t listed_sizes[QUEUE_NAMES];
};

// Reads the reply to "sample", as of `now`. Returns false with a human-readable message in `problem`; the
// view is to be finished in either case.
bool queue_view_read(struct slice lines, int64_t now, struct queue_view *out, struct problem *problem)
    __attribute__((warn_unused_result));
void queue_view_finish(struct queue_view *view);

// Reads the reply to "messages" of one domain into a view; its ages are then those of the messages.
bool queue_view_read_messages(struct slice lines, struct queue_view *view, struct problem *problem)
    __attribute__((warn_unused_result));

// The domain's figures; zeros if it has no mail.
struct queue_view_domain queue_view_find(const struct queue_view *view, struct slice name);

// Prints at most `max` domains (0: all) and the histogram. Returns false if the output failed.
bool queue_view_print(const struct queue_view *view, size_t max, FILE *out);
bool queue_view_print_json(const struct queue_view *view, FILE *out);

// The same of one domain.
bool queue_view_print_domain(const struct queue_view *view, struct slice name, FILE *out);
bool queue_view_print_domain_json(const struct queue_view *view, struct slice name, FILE *out);

#endif
