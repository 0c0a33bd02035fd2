// SPDX-License-Identifier: BSD-2-Clause
// Delivers a domain's waiting mail now, when flush() asks for it: after a successful probe of its server, the
// oldest first, 20 messages per second, by "postqueue -i". Other destinations keep their throttles (Postfix
// ETRN_README).
#ifndef NOTIFIER_QUEUE_FLUSH_ROUND_H
#define NOTIFIER_QUEUE_FLUSH_ROUND_H

#include "directory/directory.h"
#include "notifier/rounds/probe_job.h"
#include "pg/pg.h"

struct flush_round;

// All is borrowed.
struct flush_round_spec {
    struct pg *pg;
    struct directory *directory;
    const char *node;
    const char *socket;    // of emailgency-queuewatch
    const char *postqueue; // the program's path
    const struct probe_means *means;
};

// Returns NULL if out of memory.
struct flush_round *flush_round_create(struct event_base *base, const struct flush_round_spec *spec);
void flush_round_destroy(struct flush_round *round);

#endif
