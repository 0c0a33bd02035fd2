// SPDX-License-Identifier: BSD-2-Clause
// One SMTP session that asks a customer's server whether it takes mail (RFC 5321), and what it says about
// itself: bytes in, commands out. Pure. It never sends DATA, so that no mail can come of it.
//
//   banner, EHLO, STARTTLS where it is offered, EHLO again, MAIL FROM:<>, RCPT TO:<recipient>, QUIT
#ifndef NOTIFIER_DIALOGUE_DIALOGUE_H
#define NOTIFIER_DIALOGUE_DIALOGUE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define DIALOGUE_LINE_MAX 2048   // RFC 5321 section 4.5.3.1.5 allows 512; servers exceed it
#define DIALOGUE_REPLY_MAX 65536 // bytes of one reply, however many lines it has
#define DIALOGUE_TEXT_MAX 512    // of a reply that is reported
#define DIALOGUE_COMMAND_MAX 600

enum dialogue_stage {
    DIALOGUE_CONNECT, // the caller connects
    DIALOGUE_BANNER,
    DIALOGUE_EHLO,
    DIALOGUE_HELO, // for a server that does not know EHLO
    DIALOGUE_STARTTLS,
    DIALOGUE_TLS, // the caller does the handshake
    DIALOGUE_EHLO_TLS,
    DIALOGUE_MAIL,
    DIALOGUE_RCPT,
    DIALOGUE_QUIT,
    DIALOGUE_ENDED,
};

enum dialogue_outcome {
    DIALOGUE_UNDECIDED,
    DIALOGUE_ACCEPTS,     // the recipient was taken
    DIALOGUE_BUSY,        // a 4xx reply: it lives, and asks for patience
    DIALOGUE_REFUSES,     // a 5xx reply to us or to our sender
    DIALOGUE_NO_SUCH,     // a 5xx reply to the recipient: the server lives
    DIALOGUE_UNREACHABLE, // no connection
    DIALOGUE_SILENT,      // no reply within the stage's time
    DIALOGUE_CLOSED,      // the connection ended in the middle
    DIALOGUE_GARBLED,     // what it sends is no SMTP reply
};

// The caller's next action.
enum dialogue_step {
    DIALOGUE_READ,      // wait for bytes, no longer than dialogue_seconds()
    DIALOGUE_SEND,      // send dialogue_command(), then wait
    DIALOGUE_HANDSHAKE, // start TLS, then dialogue_handshake()
    DIALOGUE_CLOSE,     // close the connection
};

// `helo` and `recipient` are kept by the caller for as long as the dialogue; `recipient` "": none is asked
// for.
struct dialogue_spec {
    const char *helo;
    const char *recipient;
};

struct dialogue {
    const struct dialogue_spec *spec;
    enum dialogue_stage stage;
    enum dialogue_outcome outcome;
    enum dialogue_stage decided_at;
    bool offers_tls;
    bool uses_tls;
    bool tls_failed;                    // offered, but the handshake or the command failed: a warning
    size_t reply_size;                  // bytes of the reply that is being read
    char reply[DIALOGUE_TEXT_MAX];      // the last whole reply, its lines joined by " / "
    char command[DIALOGUE_COMMAND_MAX]; // what is to be sent, with CR LF
};

// Begins before the connection is there.
void dialogue_init(struct dialogue *dialogue, const struct dialogue_spec *spec);

// The connection is there.
enum dialogue_step dialogue_connected(struct dialogue *dialogue) __attribute__((warn_unused_result));

// Takes whole lines from the head of `in`, and says in `taken` how many bytes; the rest is to be given again
// with what follows. A server that never ends its line or its reply is garbled.
enum dialogue_step dialogue_read(struct dialogue *dialogue, struct slice in, size_t *taken)
    __attribute__((warn_unused_result));

// The handshake succeeded or failed; after a failed one the server is asked again without TLS, on a
// connection of its own (dialogue_init with `tls_failed` kept), as smtp(8) does with opportunistic TLS.
enum dialogue_step dialogue_handshake(struct dialogue *dialogue, bool succeeded)
    __attribute__((warn_unused_result));

// Nothing more comes: no connection, no reply in time, or closed by the server. `why` is for the report.
enum dialogue_step dialogue_fail(struct dialogue *dialogue, enum dialogue_outcome outcome, const char *why)
    __attribute__((warn_unused_result));

// Seconds that the present stage may take. RFC 5321 section 4.5.3.2 asks for minutes; slow banners are
// common, so that one gets at least 30 s, and the whole session less than two probes' interval.
unsigned dialogue_seconds(const struct dialogue *dialogue);

// Names for reports: "RCPT", "the banner".
const char *dialogue_stage_name(enum dialogue_stage stage);
const char *dialogue_outcome_name(enum dialogue_outcome outcome);

// Returns whether the server is up: it takes mail, or says that it will. An unknown recipient is the fault of
// the question.
bool dialogue_is_up(enum dialogue_outcome outcome);

#endif
