// SPDX-License-Identifier: BSD-2-Clause
// Tickets for browsers without JavaScript: in the place of work, a client waits. A ticket is bound to a form
// and to the client's network, is valid from 20 seconds after the form was made, and is signed. Pure.
#ifndef ALTCHA_ALTCHA_TICKET_H
#define ALTCHA_ALTCHA_TICKET_H

#include "altcha/altcha_key.h"

enum {
    ALTCHA_TICKET_WAIT = 20,   // seconds
    ALTCHA_TICKET_RANDOM = 16, // bytes
    ALTCHA_TICKET_MAX = 160,   // with the closing NUL
    ALTCHA_NETWORK_MAX = 64,
};

// The form that a ticket is in, and the network of the client that gets it, as "192.0.2.0/24" ("" is none).
struct altcha_place {
    const char *form, *network;
};

// Writes the ticket, of characters that need no escaping. Returns false if there is no current key, or if the
// form or the network is too long.
bool altcha_ticket_make(const struct altcha_keys *keys, const struct altcha_place *place, long long now,
                        long long expires_at, const unsigned char random[ALTCHA_TICKET_RANDOM],
                        char out[ALTCHA_TICKET_MAX]) __attribute__((warn_unused_result));

// Returns ALTCHA_RIGHT if the ticket was made here for that place, and its time has come; then it must be
// recorded as used.
enum altcha_rc altcha_ticket_read(const struct altcha_keys *keys, const struct altcha_place *place,
                                  long long now, struct slice ticket, struct altcha_use *use)
    __attribute__((warn_unused_result));

#endif
