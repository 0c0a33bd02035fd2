// SPDX-License-Identifier: BSD-2-Clause
// A gateway that takes SMS by HTTPS, as the options describe it. Pure.
#ifndef NOTIFIER_SMS_SMS_GATEWAY_H
#define NOTIFIER_SMS_SMS_GATEWAY_H

#include "base/problem.h"

// Values of the options sms_…; all borrowed, none NULL. Names in braces are filled (sms_template.h).
struct sms_gateway {
    const char *url;
    const char *method;  // "POST", "PUT", "GET"
    const char *headers; // "Name: value | Name: value"
    const char *body;
    const char *content; // of the body: "form", "json", "xml"
    const char *auth;    // "none", "basic", "bearer", "hmac", "sha1"
    const char *user, *secret, *token;
    const char *signed_text;    // of hmac and sha1
    const char *success_status; // "200 201"; "": every 2xx
    const char *success_path;   // "messages.0.status=0", "sid"; "": the status alone says it
    const char *id_path;        // of the gateway's own number of the message; "": none
};

// Checks of single options, for the table of options.
bool sms_gateway_check_method(const char *value, struct problem *problem);
bool sms_gateway_check_content(const char *value, struct problem *problem);
bool sms_gateway_check_auth(const char *value, struct problem *problem);
bool sms_gateway_check_status(const char *value, struct problem *problem);

#endif
