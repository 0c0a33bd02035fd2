// SPDX-License-Identifier: BSD-2-Clause
// Dovecot's authentication protocol, as a client
// (https://doc.dovecot.org/2.3/developer_manual/design/auth_protocol/): one request with SASL PLAIN. Pure.
#ifndef CONSOLEAUTH_DOVECOT_AUTH_DIALOGUE_H
#define CONSOLEAUTH_DOVECOT_AUTH_DIALOGUE_H

#include "base/slice.h"

#define AUTH_DIALOGUE_MAX 2048

enum auth_dialogue_rc {
    AUTH_DIALOGUE_MORE, // no answer yet
    AUTH_DIALOGUE_RIGHT,
    AUTH_DIALOGUE_WRONG,
    AUTH_DIALOGUE_FAILED, // a temporary failure: Dovecot's database is away
    AUTH_DIALOGUE_BROKEN, // no Dovecot, or another version of the protocol
};

struct auth_dialogue_request {
    unsigned client_id; // of the connection; no other one may have it
    struct slice login;
    struct slice password; // without NUL
    const char *from;      // address of the client; "": unknown
};

// Writes all lines that a client sends. Returns their length; 0 if login or password are too long.
size_t auth_dialogue_write(const struct auth_dialogue_request *request, char out[AUTH_DIALOGUE_MAX]);

// Looks at all bytes that came.
enum auth_dialogue_rc auth_dialogue_read(struct slice bytes);

#endif
