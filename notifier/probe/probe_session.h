// SPDX-License-Identifier: BSD-2-Clause
// One connection to one address of a customer's server: notifier/dialogue over a socket, with STARTTLS and a
// deadline per stage. A thousand of them run in one loop.
#ifndef NOTIFIER_PROBE_PROBE_SESSION_H
#define NOTIFIER_PROBE_PROBE_SESSION_H

#include "io/socket_address.h"
#include "notifier/dialogue/dialogue.h"

#include <event2/event.h>
#include <openssl/ssl.h>

#define PROBE_DAYS_UNKNOWN 100000

struct probe_found {
    enum dialogue_outcome outcome;
    enum dialogue_stage stage; // at which the outcome was decided
    bool uses_tls, tls_failed;
    int certificate_days; // until the server's certificate ends, negative after it; or PROBE_DAYS_UNKNOWN
    char reply[DIALOGUE_TEXT_MAX];
};

struct probe_session;

// All is borrowed until the callback, but `address` and `source`, which are copied.
struct probe_session_spec {
    const struct socket_address *address;
    const struct socket_address *source; // to connect from, of the same family; NULL: the system's choice
    const struct dialogue_spec *dialogue;
    const char *server_name; // for SNI (RFC 6066); "" or an address: none
    SSL_CTX *tls;            // NULL: STARTTLS is not used
    // Called once, from the loop, and never after probe_session_cancel. The session is freed before.
    void (*on_found)(const struct probe_found *found, void *arg);
    void *arg;
};

// Returns NULL if out of memory or sockets; then there is no callback.
struct probe_session *probe_session_start(struct event_base *base, const struct probe_session_spec *spec);

void probe_session_cancel(struct probe_session *session);

// A client context for STARTTLS with any peer. Certificates are not verified, as smtp(8) does not by default:
// an expired one is reported and is no outage. NULL if out of memory.
SSL_CTX *probe_tls_create(void);

#endif
