// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/sms/sms_request.h"

#include "base/hex.h"
#include "notifier/sms/sms_template.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

enum {
    VALUES = 12,
    SIGNATURE_MAX = 2 * EVP_MAX_MD_SIZE + 1,
    SIGNED_MAX = SMS_URL_MAX + SMS_BODY_MAX + 4096,
};

struct filling {
    const struct sms_gateway *gateway;
    char time[24];
    struct sms_value values[VALUES];
    size_t count;
};

bool sms_number_valid(const char *to)
{
    const size_t digits = strspn(*to ? to + 1 : to, "0123456789");
    return to[0] == '+' && to[1] >= '1' && to[1] <= '9' && digits >= 2 && digits <= 15 && !to[digits + 1];
}

static void add(struct filling *filling, const char *name, const char *value)
{
    filling->values[filling->count++] = (struct sms_value){name, slice_from(value)};
}

static void start_filling(struct filling *filling, const struct sms_gateway *gateway,
                          const struct sms_message *message)
{
    *filling = (struct filling){.gateway = gateway};
    snprintf(filling->time, sizeof filling->time, "%lld", (long long)message->time);
    add(filling, "to", message->to);
    add(filling, "number", message->to + 1);
    add(filling, "id", message->id);
    add(filling, "time", filling->time);
    add(filling, "user", gateway->user);
    add(filling, "secret", gateway->secret);
    add(filling, "token", gateway->token);
}

static bool fill(const struct filling *filling, struct slice text, enum sms_escape escape, char *out,
                 size_t size)
{
    size_t used = 0;
    const struct sms_values values = {filling->values, filling->count};
    return sms_template_fill(text, escape, &values, out, size, &used);
}

static enum sms_escape escape_of(const char *content)
{
    return strcmp(content, "json") == 0  ? SMS_ESCAPE_JSON
           : strcmp(content, "xml") == 0 ? SMS_ESCAPE_XML
                                         : SMS_ESCAPE_URL;
}

// In lower-case hexadecimal digits.
static bool sign(const struct filling *filling, char out[SIGNATURE_MAX])
{
    const struct sms_gateway *gateway = filling->gateway;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char text[SIGNED_MAX];
    if (!fill(filling, slice_from(gateway->signed_text), SMS_ESCAPE_NONE, text, sizeof text))
        return false;
    const bool made = strcmp(gateway->auth, "sha1") == 0
                          ? EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL) == 1
                          : HMAC(EVP_sha256(), gateway->secret, (int)strlen(gateway->secret),
                                 (unsigned char *)text, strlen(text), digest, &len) != NULL;
    explicit_bzero(text, sizeof text);
    hex_write(digest, len, out);
    return made;
}

static bool add_header(struct sms_request *out, const struct filling *filling, struct slice text)
{
    return out->header_count < SMS_HEADERS &&
           fill(filling, text, SMS_ESCAPE_HEADER, out->headers[out->header_count++], SMS_HEADER_MAX);
}

// RFC 7617, RFC 6750.
static bool add_authorization(struct sms_request *out, const struct filling *filling)
{
    const struct sms_gateway *gateway = filling->gateway;
    char pair[1400], *header = out->headers[out->header_count];
    if (strcmp(gateway->auth, "bearer") == 0)
        return add_header(out, filling, SLICE("Authorization: Bearer {secret}"));
    if (strcmp(gateway->auth, "basic") != 0)
        return true;
    const int len = snprintf(pair, sizeof pair, "%s:%s", gateway->user, gateway->secret);
    const int head = snprintf(header, SMS_HEADER_MAX, "Authorization: Basic ");
    const bool fits = len > 0 && (size_t)len < sizeof pair;
    if (fits)
        EVP_EncodeBlock((unsigned char *)header + head, (unsigned char *)pair, len);
    explicit_bzero(pair, sizeof pair);
    out->header_count++;
    return fits;
}

static bool add_headers(struct sms_request *out, const struct filling *filling)
{
    const char *content = filling->gateway->content;
    struct slice header, rest = slice_from(filling->gateway->headers);
    const struct slice type = strcmp(content, "json") == 0 ? SLICE("Content-Type: application/json")
                              : strcmp(content, "xml") == 0
                                  ? SLICE("Content-Type: application/xml; charset=utf-8")
                                  : SLICE("Content-Type: application/x-www-form-urlencoded");
    bool good = (!out->body_len || add_header(out, filling, type)) &&
                add_header(out, filling, SLICE("Accept: application/json, */*;q=0.1")) &&
                add_authorization(out, filling);
    while (good && rest.len) {
        slice_split(rest, '|', &header, &rest);
        header = slice_trim(header);
        good = !header.len || add_header(out, filling, header);
    }
    return good;
}

static bool write_signed(const struct sms_gateway *gateway, struct filling *filling, struct sms_request *out)
{
    char signature[SIGNATURE_MAX] = "";
    struct filling signing = *filling;
    if (strcmp(gateway->auth, "hmac") == 0 || strcmp(gateway->auth, "sha1") == 0) {
        add(&signing, "method", gateway->method);
        add(&signing, "url", out->url);
        add(&signing, "body", out->body);
        if (!sign(&signing, signature))
            return false;
    }
    filling->count--; // {text}
    add(filling, "signature", signature);
    return add_headers(out, filling);
}

bool sms_request_write(const struct sms_gateway *gateway, const struct sms_message *message,
                       struct sms_request *out, struct problem *problem)
{
    struct filling filling;
    out->body_len = out->header_count = 0;
    if (!sms_number_valid(message->to))
        return problem_set(problem, "the number is not in the form of E.164, such as +41791234567");
    start_filling(&filling, gateway, message);
    add(&filling, "text", message->text);
    if (!fill(&filling, slice_from(gateway->url), SMS_ESCAPE_URL, out->url, sizeof out->url) ||
        !fill(&filling, slice_from(gateway->body), escape_of(gateway->content), out->body, sizeof out->body))
        return problem_set(
            problem, "a part of the request to the gateway is too long, or has an unknown name in braces");
    out->body_len = strlen(out->body);
    return write_signed(gateway, &filling, out) ||
           problem_set(
               problem,
               "a header of the request to the gateway is too long, or has an unknown name in braces");
}
