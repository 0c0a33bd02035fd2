// SPDX-License-Identifier: BSD-2-Clause
// The socketmap's edge: connections of Postfix's processes, requests answered in order, each at once.
#ifndef TRANSPORTMAP_TRANSPORTMAP_SERVICE_H
#define TRANSPORTMAP_TRANSPORTMAP_SERVICE_H

#include "daemon/option_groups.h"
#include "transportmap/lookup/lookup.h"

#include <event2/event.h>

struct transportmap_service_spec {
    const struct listen_conf *listening; // borrowed
    const struct route_rules *rules;     // borrowed, may change between look-ups
};

// Listens. Returns false with a human-readable message in `problem`.
bool transportmap_service_start(struct event_base *base, const struct transportmap_service_spec *spec,
                                struct problem *problem) __attribute__((warn_unused_result));

// From now on the rows are those of `directory`, which is borrowed; before, every answer is TEMP.
void transportmap_service_serve(struct directory *directory);

void transportmap_service_finish(void);

#endif
