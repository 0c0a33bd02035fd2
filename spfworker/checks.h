// SPDX-License-Identifier: BSD-2-Clause
// The checks in progress, one per channel: the questions that spf_check needs answered are asked for, and
// with the answers it is called again.
#ifndef SPFWORKER_CHECKS_H
#define SPFWORKER_CHECKS_H

#include "resolver/resolver.h"
#include "spf/spf.h"

struct checks;

struct checks_spec {
    struct event_base *base;
    struct resolver *resolver;
    unsigned channels;
    // Called around each evaluation, so that it is known which one a crash was in.
    void (*begin)(void *arg, unsigned channel);
    void (*end)(void *arg);
    // Once a check; the bytes of an encoded verdict.
    void (*reply)(void *arg, unsigned channel, struct slice verdict);
    void *arg;
};

// Out of memory ends the process.
struct checks *checks_create(const struct checks_spec *spec);
void checks_destroy(struct checks *checks);

// Starts the check of an encoded request; an unfinished one on that channel is dropped. With all answers in
// the cache the reply comes before the call returns. What is no request gets no reply.
void checks_start(struct checks *checks, unsigned channel, struct slice request);

#endif
