// SPDX-License-Identifier: BSD-2-Clause
// One connection to one address of a customer's server: notifier/dialogue over a socket, with STARTTLS and a
// deadline per stage. A thousand of them run in one loop.
#ifndef NOTIFIER_PROBE_PROBE_SESSION_H
#define NOTIFIER_PROBE_PROBE_SESSION_H

#include "io/socket_address.h"
#include "notifier/dialogue/dialogue.h"

#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdint.h>

#define PROBE_FINGERPRINT_MAX 33 // 32 hexadecimal digits

// The certificate that a server presented, verified or not.
struct probe_certificate {
    char fingerprint[PROBE_FINGERPRINT_MAX]; // the start of its SHA-256; "": none was seen
    int64_t ends;                            // seconds since 1970; negative before that
};

struct probe_found {
    enum dialogue_outcome outcome;
    enum dialogue_stage stage; // at which the outcome was decided
    bool uses_tls, tls_failed;
    struct probe_certificate certificate;
    char reply[DIALOGUE_TEXT_MAX];
};

struct probe_session;

// Part of a session that is shown: a line that was sent or received, without its line end, or an event in
// words.
enum probe_direction { PROBE_SENT, PROBE_RECEIVED, PROBE_EVENT };

// All is borrowed until the callback, but `address` and `source`, which are copied.
struct probe_session_spec {
    const struct socket_address *address;
    const struct socket_address *source; // to connect from, of the same family; NULL: the system's choice
    const struct dialogue_spec *dialogue;
    const char *server_name; // for SNI (RFC 6066); "" or an address: none
    SSL_CTX *tls;            // NULL: STARTTLS is not used
    // Called once, from the loop, and never after probe_session_cancel. The session is freed before.
    void (*on_found)(const struct probe_found *found, void *arg);
    // Called with each line of the dialogue, as the server sent it, whatever bytes that are. NULL: nothing is
    // shown.
    void (*on_line)(enum probe_direction direction, struct slice line, void *arg);
    void *arg;
};

// The present stage: "the banner", and that of a session which has ended is "the end".
const char *probe_session_stage(const struct probe_session *session);

// Returns NULL if out of memory or sockets; then there is no callback.
struct probe_session *probe_session_start(struct event_base *base, const struct probe_session_spec *spec);

void probe_session_cancel(struct probe_session *session);

// A client context for STARTTLS with any peer. Certificates are not verified, as smtp(8) does not by default:
// an expired one is reported and is no outage. NULL if out of memory.
SSL_CTX *probe_tls_create(void);

#endif
