// SPDX-License-Identifier: BSD-2-Clause
// A request of Dovecot's auth policy protocol (its auth_policy_request_attributes, JSON).
#ifndef POLICYD_LOGINS_LOGIN_REQUEST_H
#define POLICYD_LOGINS_LOGIN_REQUEST_H

#include "base/cidr.h"

#define LOGIN_ADDRESS_MAX 256 // what is longer is cut: no address has as many bytes

struct login_attempt {
    char address[LOGIN_ADDRESS_MAX]; // lower-case, as the user typed it otherwise
    bool has_client;
    struct ip client;
    uint32_t password; // of Dovecot's keyed hash, of which it passes 12 bits
    bool successful;   // of a report: the log-in succeeded
};

// Takes {"login":"user@example.com","pwhash":"0a3f","remote":"192.0.2.1","success":true}; other members are
// ignored, a missing or invalid `remote` is none. Returns false for anything but an object with `login` and
// `pwhash`.
bool login_request_parse(struct slice in, struct login_attempt *out) __attribute__((warn_unused_result));

#endif
