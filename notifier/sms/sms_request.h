// SPDX-License-Identifier: BSD-2-Clause
// The HTTP request that hands one SMS to a gateway. Pure.
#ifndef NOTIFIER_SMS_SMS_REQUEST_H
#define NOTIFIER_SMS_SMS_REQUEST_H

#include "base/slice.h"
#include "notifier/sms/sms_gateway.h"

#include <stdint.h>

#define SMS_URL_MAX 4096
#define SMS_BODY_MAX 8192
#define SMS_HEADER_MAX 2048 // a secret has at most 1024 bytes
#define SMS_HEADERS 12

struct sms_message {
    const char *to;   // E.164: "+41791234567"
    const char *text; // UTF-8
    const char *id;   // the same at each attempt
    int64_t time;     // seconds since 1970
};

struct sms_request {
    char url[SMS_URL_MAX];
    char body[SMS_BODY_MAX];
    size_t body_len;
    char headers[SMS_HEADERS][SMS_HEADER_MAX];
    size_t header_count;
};

// Returns whether `to` is "+", a digit from 1 to 9, and up to 14 digits (ITU-T E.164).
bool sms_number_valid(const char *to);

// Writes the request; the templates may use:
//   {to} {number} (without "+") {text} {id} {time} {user} {secret} {token}   URL and body
//   the same without {text}, and {signature}                                 headers
//   the same as in the body, and {method} {url} {body}                       what is signed
// False, with a human-readable message that has no secret in it: the number is none, or a part is too long.
bool sms_request_write(const struct sms_gateway *gateway, const struct sms_message *message,
                       struct sms_request *out, struct problem *problem);

#endif
