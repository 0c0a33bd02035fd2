// SPDX-License-Identifier: BSD-2-Clause
// A message as it comes in, command by command: what is kept of it, and what its sender is told.
#ifndef MILTER_MESSAGE_H
#define MILTER_MESSAGE_H

#include "milter/decide/reply_text.h"
#include "milter/message_log.h"
#include "milter/session.h"

// MAIL; `parsed` as command_address has it, `login` empty without authentication.
void message_mail(struct session *session, const char *const *arguments, struct slice parsed,
                  struct slice login);

// RCPT and the end of the message: `reply` is written where it is not to be accepted, else it stays empty.
// The first recipient may wait for SPF checks.
void message_rcpt(struct session *session, const char *const *arguments, struct slice parsed,
                  struct reply_text *reply);
enum message_log_end message_end(struct session *session, struct reply_text *reply);

// A header field, its value as it stands behind the colon; the body as `count` bytes.
void message_header(struct session *session, struct slice name, struct slice value);
void message_bytes(struct session *session, size_t count);

#endif
