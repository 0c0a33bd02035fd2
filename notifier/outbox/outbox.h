// SPDX-License-Identifier: BSD-2-Clause
// Sends the messages of table outbox that are due: leased to this node and committed, then sent, then marked.
// The leases of messages in flight are renewed. A message of a node that died is sent by another when its
// lease has ended, within half a minute, or by the node itself when it starts again; the attempt before is
// one of which nobody knows. No two nodes may have one name.
#ifndef NOTIFIER_OUTBOX_OUTBOX_H
#define NOTIFIER_OUTBOX_OUTBOX_H

#include "notifier/outbox/outbox_send.h"

struct outbox;

// Returns NULL if out of memory.
struct outbox *outbox_create(struct event_base *base, const struct outbox_spec *spec);
void outbox_destroy(struct outbox *outbox);

#endif
