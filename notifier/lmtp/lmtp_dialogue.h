// SPDX-License-Identifier: BSD-2-Clause
// An LMTP session (RFC 2033), the server's side: bytes in, replies out. Pure; all memory is bounded. Mail
// for the round-trip address is accepted, whatever is in it; no reply makes Postfix bounce a message.
#ifndef NOTIFIER_LMTP_LMTP_DIALOGUE_H
#define NOTIFIER_LMTP_LMTP_DIALOGUE_H

#include "base/address.h"
#include "notifier/lmtp/lmtp_message.h"

#define LMTP_DIALOGUE_LINE_MAX                                                                               \
    2048 // bytes of a command with its end (RFC 5321 section 4.5.3.1.4 asks for 512)
#define LMTP_DIALOGUE_RECIPIENTS_MAX 16
#define LMTP_DIALOGUE_REPLY_MAX 2048
#define LMTP_DIALOGUE_COMMANDS_MAX 1000 // of a session without a message between

enum lmtp_dialogue_step {
    LMTP_DIALOGUE_MORE,    // nothing to do: more bytes are needed, or the bytes taken need no reply
    LMTP_DIALOGUE_REPLY,   // send `reply`
    LMTP_DIALOGUE_MESSAGE, // a whole message: judge it, then call lmtp_dialogue_answer
    LMTP_DIALOGUE_CLOSE,   // send `reply` and close
};

struct lmtp_dialogue_recipient {
    char local[ADDRESS_MAX + 1]; // folded
};

struct lmtp_dialogue {
    // Returns whether mail for this folded address is accepted; `arg` is the caller's.
    bool (*takes)(struct slice local, struct slice domain, void *arg);
    void *arg;
    const char *host;
    // ---- the transaction
    bool greeted, has_sender, in_data;
    bool in_line;                 // the last piece of a line was not its end
    bool ended;                   // what the session said last was its last
    char sender[ADDRESS_MAX + 1]; // as it came, without <>; "": the null sender
    unsigned recipients;
    struct lmtp_dialogue_recipient recipient[LMTP_DIALOGUE_RECIPIENTS_MAX];
    struct lmtp_message message;
    // ---- the session
    unsigned commands;
    size_t reply_len;
    char reply[LMTP_DIALOGUE_REPLY_MAX]; // lines with CR LF
};

// Begins a session; the banner is in `reply`. `host` and `arg` are borrowed.
void lmtp_dialogue_init(struct lmtp_dialogue *dialogue, const char *host,
                        bool (*takes)(struct slice local, struct slice domain, void *arg), void *arg);

// Takes bytes from `in`: at most one command, or a line of a message. `*taken` is 0 with LMTP_DIALOGUE_MORE
// if a command is not complete; the bytes are to be given again with more.
enum lmtp_dialogue_step lmtp_dialogue_read(struct lmtp_dialogue *dialogue, struct slice in, size_t *taken);

// Ends the transaction of a message: writes a reply for each recipient (RFC 2033 section 4.2) into `reply`,
// that it is taken or, where `taken` is false, that it is to be sent again.
void lmtp_dialogue_answer(struct lmtp_dialogue *dialogue, bool taken);

#endif
