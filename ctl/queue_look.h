// SPDX-License-Identifier: BSD-2-Clause
// Postfix's queue: how many messages wait, and since when.
#ifndef CTL_QUEUE_LOOK_H
#define CTL_QUEUE_LOOK_H

#include "ctl/status/status_facts.h"

// Asks postqueue(1), which every account may run, for at most two seconds; what it did not list by then is
// not counted. `config` is the instance's configuration directory; NULL: the default one.
void queue_look(const char *config, struct status_queue *out);

#endif
