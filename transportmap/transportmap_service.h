// SPDX-License-Identifier: BSD-2-Clause
// The socketmap's edge: connections of Postfix's processes, requests answered in order, each at once.
#ifndef TRANSPORTMAP_TRANSPORTMAP_SERVICE_H
#define TRANSPORTMAP_TRANSPORTMAP_SERVICE_H

#include "transportmap/lookup/lookup.h"

#include <event2/event.h>
#include <sys/types.h>

struct transportmap_service_spec {
    void (*on_by_mx)(const char *domain); // an answer sends mail of the domain by its MX
    const char *address;                  // as in io/listener.h
    const char *group;
    mode_t mode;
    const struct route_rules *rules; // borrowed, may change between look-ups
};

// Listens. Returns NULL or a line for people, valid until the next call.
const char *transportmap_service_start(struct event_base *base, const struct transportmap_service_spec *spec);

// From now on the rows are those of `directory`, which is borrowed; before, every answer is TEMP.
void transportmap_service_serve(struct directory *directory);

// Accepts nobody any more; who is connected is served on.
void transportmap_service_stop_accepting(void);

void transportmap_service_finish(void);

#endif
