// SPDX-License-Identifier: BSD-2-Clause
// The options of an SMS gateway.
#ifndef NOTIFIER_SMS_OPTIONS_H
#define NOTIFIER_SMS_OPTIONS_H

#include "conf/conf.h"
#include "notifier/sms/sms_gateway.h"

// notifier/sms/sms_gateway.h describes them.
struct sms_conf {
    char *url, *method, *headers, *body, *content, *auth, *user, *signed_text;
    char *success_status, *success_path, *id_path;
    struct conf_secret secret, token;
};

// The rows for a member `struct sms_conf`. That they make a request together is checked at the start
// (alert_routes.c).
// clang-format off
#define SMS_OPTIONS(prefix, member, which)                                                                   \
    {CONF_TEXT_AS(prefix "_url", member.url), .fallback = "",                                                \
     .help = "URL of the " which " SMS gateway; empty: none"},                                               \
    {CONF_TEXT_AS(prefix "_method", member.method), .fallback = "POST", .check = sms_gateway_check_method,   \
     .help = "POST, PUT or GET"},                                                                            \
    {CONF_TEXT_AS(prefix "_content", member.content), .fallback = "form",                                    \
     .check = sms_gateway_check_content, .help = "form of the body, in which values are escaped: form, json, xml"}, \
    {CONF_TEXT_AS(prefix "_body", member.body), .fallback = "",                                              \
     .help = "body, with {to} or {number}, and {text}"},                                                     \
    {CONF_TEXT_AS(prefix "_headers", member.headers), .fallback = "",                                        \
     .help = "further headers, \"Name: value | Name: value\""},                                              \
    {CONF_TEXT_AS(prefix "_auth", member.auth), .fallback = "none", .check = sms_gateway_check_auth,         \
     .help = "none, basic, bearer, or hmac or sha1 for {signature} in a header"},                            \
    {CONF_TEXT_AS(prefix "_user", member.user), .fallback = "", .help = "account, {user}"},                  \
    {CONF_SECRET_AS(prefix "_secret_file", member.secret), .fallback = "",                                   \
     .help = "file whose first line is the secret, {secret}; empty: none"},                                  \
    {CONF_SECRET_AS(prefix "_token_file", member.token), .fallback = "",                                     \
     .help = "file whose first line is a second secret, {token}; empty: none"},                              \
    {CONF_TEXT_AS(prefix "_signed_text", member.signed_text), .fallback = "",                                \
     .help = "text that hmac and sha1 sign, with {method}, {url}, {body}"},                                  \
    {CONF_TEXT_AS(prefix "_success_status", member.success_status), .fallback = "",                          \
     .check = sms_gateway_check_status, .help = "statuses of success, as \"200 201\"; empty: every 2xx"},    \
    {CONF_TEXT_AS(prefix "_success_path", member.success_path), .fallback = "",                              \
     .help = "path in the JSON answer that says success, as messages.0.status=0; empty: the status alone"},  \
    {CONF_TEXT_AS(prefix "_id_path", member.id_path), .fallback = "",                                        \
     .help = "path to the gateway's number of the message, which is logged; empty: none"}
// clang-format on

#endif
