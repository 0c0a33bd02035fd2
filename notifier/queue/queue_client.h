// SPDX-License-Identifier: BSD-2-Clause
// Asks emailgency-queuewatch on this node (docs/protocols.md, "Waiting mail"): one connection per request.
#ifndef NOTIFIER_QUEUE_QUEUE_CLIENT_H
#define NOTIFIER_QUEUE_QUEUE_CLIENT_H

#include "io/unix_question.h"
#include "wire/queue_codec.h"

// `lines` is the reply, for queue_line_next. The rest as unix_question_ask.
struct unix_question *queue_client_ask(struct event_base *base, const char *socket,
                                       const struct queue_request *request,
                                       void (*on_reply)(struct slice lines, const char *problem, void *arg),
                                       void *arg);

#endif
