// SPDX-License-Identifier: BSD-2-Clause
// Asks emailgency-queuewatch on this node (docs/protocols.md, "Waiting mail"): one connection per request.
#ifndef NOTIFIER_QUEUE_QUEUE_CLIENT_H
#define NOTIFIER_QUEUE_QUEUE_CLIENT_H

#include "wire/queue_codec.h"

#include <event2/event.h>

struct queue_client;

// `on_reply` is called once, from the loop, and never after queue_client_cancel; the client is freed before.
// `lines` is the reply, for queue_line_next, until it returns; without one `problem` says why, else it is
// NULL. Returns NULL if out of memory; then there is no callback.
struct queue_client *queue_client_ask(struct event_base *base, const char *socket,
                                      const struct queue_request *request,
                                      void (*on_reply)(struct slice lines, const char *problem, void *arg),
                                      void *arg);

void queue_client_cancel(struct queue_client *client);

#endif
