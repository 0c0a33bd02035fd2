// SPDX-License-Identifier: BSD-2-Clause
// A message as it arrives, command by command: updates the session and writes the replies.
#ifndef MILTER_MESSAGE_H
#define MILTER_MESSAGE_H

#include "milter/decide/reply_text.h"
#include "milter/message_log.h"
#include "milter/session.h"

// The MAIL command; `parsed` as for smtp_command_address, `login` empty without authentication.
void message_mail(struct session *session, const char *const *arguments, struct slice parsed,
                  struct slice login);

// The RCPT command. Writes `reply` unless the recipient is accepted. The first recipient may wait for SPF
// checks.
void message_rcpt(struct session *session, const char *const *arguments, struct slice parsed,
                  struct reply_text *reply);

// A header field, its value as it follows the colon.
void message_header(struct session *session, struct slice name, struct slice value);

// `count` bytes of the body.
void message_bytes(struct session *session, size_t count);

// The rows' part in the end of a message, read under one lock: SPF checks and edits wait for others.
struct message_rules {
    struct spf_policy spf;     // if the message has SPF results or may get them
    int64_t bounce_recipients; // the most that a bounce may have; INT64_MAX: no limit, or no such bounce
    char signature_delimiter;  // between the sender's local part and its tag; NUL: the sender is not signed
};

// Without a replica there is no limit, no header field and no signature.
void message_read_rules(const struct session *session, struct message_rules *out);

// The end of the message. Writes `reply` unless the message is accepted. May wait for SPF checks of a message
// from a relay.
enum message_log_end message_end(struct session *session, const struct message_rules *rules,
                                 struct reply_text *reply);

#endif
