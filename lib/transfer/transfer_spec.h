// SPDX-License-Identifier: BSD-2-Clause
// The specification of a transfer, and its result.
#ifndef TRANSFER_TRANSFER_SPEC_H
#define TRANSFER_TRANSFER_SPEC_H

#include "base/cidr.h"

#define TRANSFER_BODY_MAX 65536 // of an answer, which is kept; the rest is not read; unless body_max is set

enum transfer_end {
    TRANSFER_NOT_SENT, // the peer has certainly not got it: no connection, no TLS session, or a broken upload
    TRANSFER_UNKNOWN,  // it was sent, and no answer came
    TRANSFER_ANSWERED
};

struct transfer_result {
    enum transfer_end end;
    unsigned status;      // of HTTP, or the code of the last SMTP reply
    unsigned retry_after; // seconds, of the header Retry-After; 0: none
    struct slice body;    // of the HTTP answer, cut to body_max; valid during the callback
    const char *error;    // where there is no answer: a human-readable message; valid during the callback
};

// The only addresses that a transfer may connect to, as the caller has looked them up and judged.
#define TRANSFER_PIN_ADDRESSES 8
struct transfer_pin {
    const char *host; // of the URL
    unsigned port;
    struct ip addresses[TRANSFER_PIN_ADDRESSES];
    size_t count; // at least one
};

struct transfer_spec {
    const char *url;            // https:// or smtps://, or smtp:// with STARTTLS
    const char *method;         // HTTP
    const char *const *headers; // HTTP: "Name: value", `header_count` of them
    size_t header_count;
    struct slice body;              // of the request; or the mail message, lines with LF
    const char *sender, *recipient; // SMTP: the envelope; NULL makes it HTTP
    const char *user, *password;    // SMTP: AUTH; "": none
    const struct transfer_pin *pin; // NULL: libcurl looks the host up
    long total_ms;
    size_t body_max; // bytes of an HTTP answer that are kept; 0: TRANSFER_BODY_MAX
    // Called once, from the loop, and never after transfer_cancel. It may start and cancel transfers.
    void (*on_end)(const struct transfer_result *result, void *arg);
    void *arg;
};

struct transfer_pool_spec {
    const char *ca_file;     // certificates that are trusted; "": the system's
    const char *plain_hosts; // hosts to which http:// and smtp:// without TLS is allowed, separated by blanks
    long connect_ms;         // for name, TCP and TLS
};

#endif
