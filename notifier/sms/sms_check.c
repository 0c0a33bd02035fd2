// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/sms/sms_check.h"

#include "notifier/sms/sms_request.h"

static bool check_auth(const struct sms_gateway *gateway, struct problem *problem)
{
    const bool is_signed = strcmp(gateway->auth, "hmac") == 0 || strcmp(gateway->auth, "sha1") == 0;
    const bool is_secret = strcmp(gateway->auth, "none") != 0 && strcmp(gateway->auth, "sha1") != 0;
    if (is_secret && !*gateway->secret)
        return problem_set(problem, "%s needs a secret: set sms_secret_file", gateway->auth);
    if (is_signed && !*gateway->signed_text)
        return problem_set(problem, "%s needs sms_signed_text, such as \"{time}.{body}\"", gateway->auth);
    if (is_signed && !strstr(gateway->headers, "{signature}"))
        return problem_set(problem, "%s needs a header with {signature} in sms_headers", gateway->auth);
    return true;
}

// A request is made with values as long as they get.
bool sms_gateway_check(const struct sms_gateway *gateway, struct problem *problem)
{
    static struct sms_request request;
    static char text[321];
    memset(text, '&', sizeof text - 1);
    const struct sms_message message = {
        .to = "+123456789012345", .text = text, .id = "emailgency-9223372036854775807", .time = INT64_MAX};
    if (!check_auth(gateway, problem))
        return false;
    if (!strstr(gateway->url, "{to}") && !strstr(gateway->url, "{number}") &&
        !strstr(gateway->body, "{to}") && !strstr(gateway->body, "{number}"))
        return problem_set(problem, "neither sms_url nor sms_body has {to} or {number}");
    const bool good = sms_request_write(gateway, &message, &request, problem);
    explicit_bzero(&request, sizeof request);
    return good;
}
