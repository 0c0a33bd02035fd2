// SPDX-License-Identifier: BSD-2-Clause
// A message as it comes in, command by command: what is kept of it, and what its sender is told.
#ifndef MILTER_RECEIVE_H
#define MILTER_RECEIVE_H

#include "milter/outcome.h"
#include "milter/reply_text.h"
#include "milter/session.h"

// MAIL; `parsed` as command_address has it, `login` empty without authentication.
void receive_mail(struct session *session, const char *const *arguments, struct slice parsed,
                  struct slice login);

// RCPT and the end of the message: `reply` is written where it is not to be accepted, else it stays empty.
// The first recipient may wait for SPF checks.
void receive_rcpt(struct session *session, const char *const *arguments, struct slice parsed,
                  struct reply_text *reply);
enum outcome_end receive_end(struct session *session, struct reply_text *reply);

// A header field, its value as it stands behind the colon; the body as `count` bytes.
void receive_header(struct session *session, struct slice name, struct slice value);
void receive_bytes(struct session *session, size_t count);

#endif
