// SPDX-License-Identifier: BSD-2-Clause
// A request of the console, a JSON object: {"do":"login","login":"alice@firm.example","password":"…"}
// (docs/protocols.md). Pure.
#ifndef CONSOLEAUTH_REQUEST_AUTH_REQUEST_H
#define CONSOLEAUTH_REQUEST_AUTH_REQUEST_H

#include "base/slice.h"

#include <stdbool.h>

#define AUTH_REQUEST_MAX 16384 // bytes of the object

enum auth_verb {
    AUTH_LOGIN,
    AUTH_SECOND,
    AUTH_CHALLENGE,
    AUTH_PROVE,
    AUTH_FORGOT,
    AUTH_TOKEN,
    AUTH_SET_PASSWORD,
    AUTH_PASSWORD,
    AUTH_CONFIRM,
    AUTH_TOTP_BEGIN,
    AUTH_TOTP_ENABLE,
    AUTH_TOTP_DISABLE,
    AUTH_RECOVERY,
    AUTH_CODE,
    AUTH_VERBS
};

enum auth_field {
    AUTH_FIELD_LOGIN,    // any text that a person may type
    AUTH_FIELD_PASSWORD, // any text
    AUTH_FIELD_FROM,     // address of the client, in its canonical form
    AUTH_FIELD_AGENT,    // name of the browser
    AUTH_FIELD_CAPTCHA,  // what the browser sent
    AUTH_FIELD_TICKET,   // 64 digits, as below
    AUTH_FIELD_CODE,     // any text
    AUTH_FIELD_FOR,      // a form: login, forgot, assistant
    AUTH_FIELD_TOKEN,    // any text
    AUTH_FIELD_SESSION,  // 64 hexadecimal digits in lower case
    AUTH_FIELD_CURRENT,  // a password
    AUTH_FIELD_NEW,      // a password
    AUTH_FIELD_ADDRESS,  // of a mailbox
    AUTH_FIELDS
};

struct auth_request {
    enum auth_verb verb;
    unsigned used;                    // bytes of `text`
    unsigned short at[AUTH_FIELDS];   // where each field begins in `text`
    unsigned short size[AUTH_FIELDS]; // bytes of each field
    char text[AUTH_REQUEST_MAX + AUTH_FIELDS +
              1]; // the fields, each with a closing NUL; the first byte is NUL
};

// Reads the object. A field that is not there is empty. Returns false if it is none, if its verb is unknown,
// if a field that the verb needs is missing, or if one is too long, has a NUL or is not of its form.
bool auth_request_parse(struct slice content, struct auth_request *out) __attribute__((warn_unused_result));

// A field, which ends in NUL; "" if it was not there.
static inline const char *auth_request_text(const struct auth_request *request, enum auth_field field)
{
    return request->text + request->at[field];
}

static inline struct slice auth_request_field(const struct auth_request *request, enum auth_field field)
{
    return slice_make(request->text + request->at[field], request->size[field]);
}

// The word of a verb, for log lines and metrics.
const char *auth_verb_word(unsigned verb);

#endif
