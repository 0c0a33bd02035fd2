// SPDX-License-Identifier: BSD-2-Clause
// Asks emailgency-queuehold on this node (docs/protocols.md, "Held mail"): one connection per message.
#ifndef NOTIFIER_HOLD_HOLD_CLIENT_H
#define NOTIFIER_HOLD_HOLD_CLIENT_H

#include "io/unix_question.h"

enum { HOLD_REPLY_MAX = 256 };

// Sends `line`, which ends in a line feed. A reply is a line without its end, of less than HOLD_REPLY_MAX
// bytes. The rest as unix_question_ask.
struct unix_question *hold_client_ask(struct event_base *base, const char *socket, const char *line,
                                      void (*on_reply)(struct slice reply, const char *problem, void *arg),
                                      void *arg);

#endif
