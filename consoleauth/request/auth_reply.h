// SPDX-License-Identifier: BSD-2-Clause
// A reply to the console, a JSON object: {"ok":true,"session":"…"} or
// {"ok":false,"reason":"wrong","text":"…"} (docs/protocols.md). Pure.
#ifndef CONSOLEAUTH_REQUEST_AUTH_REPLY_H
#define CONSOLEAUTH_REQUEST_AUTH_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define AUTH_REPLY_MAX 16384 // bytes of the object

enum auth_reason {
    AUTH_OK,
    AUTH_WRONG,        // a password or a code is
    AUTH_CAPTCHA,      // one is to be solved: field challenge
    AUTH_NEEDS_SECOND, // a code of the second factor is: field ticket
    AUTH_WEAK,         // the new password is
    AUTH_ENDED,        // the session has
    AUTH_BUSY,
    AUTH_AWAY,    // the database, or Dovecot, is
    AUTH_EXPIRED, // a link, a ticket, or the confirmation of the password
    AUTH_REASONS
};

enum { AUTH_REPLY_FIELDS = 6 };

struct auth_reply {
    enum auth_reason reason;
    unsigned count;   // of fields
    const char *text; // NULL: that of the reason
    struct {
        const char *name, *value;
        bool is_json; // the value is a JSON text
    } fields[AUTH_REPLY_FIELDS];
    const char *const *codes; // field "codes", an array that ends in NULL; NULL: none
};

// Adds a field. The texts are borrowed.
void auth_reply_add(struct auth_reply *reply, const char *name, const char *value);
void auth_reply_add_json(struct auth_reply *reply, const char *name, const char *json);

// Writes the object without NUL. Returns its length; 0 if out of memory, if it is too long, or a text is no
// UTF-8.
size_t auth_reply_write(const struct auth_reply *reply, char out[AUTH_REPLY_MAX]);

// The word of a reason; "ok" for AUTH_OK.
const char *auth_reason_word(unsigned reason);

#endif
