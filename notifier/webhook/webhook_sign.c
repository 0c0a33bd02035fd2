// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/webhook/webhook_sign.h"

#include "base/bug.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST = 32, BASE64 = 45 };

// SHA-256 is always there; a provider without it is a broken installation.
static void hmac(struct slice key, const struct slice *parts, size_t count, unsigned char out[DIGEST])
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    size_t len = 0;
    bool good = context && EVP_MAC_init(context, (const unsigned char *)key.ptr, key.len, params) == 1;
    for (size_t i = 0; i < count; i++)
        good = good && EVP_MAC_update(context, (const unsigned char *)parts[i].ptr, parts[i].len) == 1;
    good = good && EVP_MAC_final(context, out, &len, DIGEST) == 1 && len == DIGEST;
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    if (!good)
        bug_abort("OpenSSL has no HMAC-SHA256");
}

static void key_of(const char *secret, const struct webhook_contact *contact, unsigned char out[DIGEST])
{
    const struct slice parts[] = {SLICE("webhook"), slice_make("", 1), slice_from(contact->domain),
                                  slice_make("", 1), slice_from(contact->url)};
    hmac(slice_from(secret), parts, sizeof parts / sizeof *parts, out);
}

static void base64(const unsigned char digest[DIGEST], char out[BASE64])
{
    EVP_EncodeBlock((unsigned char *)out, digest, DIGEST);
}

void webhook_key_write(const char *secret, const struct webhook_contact *contact, char out[WEBHOOK_KEY_MAX])
{
    unsigned char key[DIGEST];
    char text[BASE64];
    key_of(secret, contact, key);
    base64(key, text);
    snprintf(out, WEBHOOK_KEY_MAX, "whsec_%s", text);
    explicit_bzero(key, sizeof key);
    explicit_bzero(text, sizeof text);
}

static void sign(const char *secret, const struct webhook_contact *contact, struct slice head,
                 struct slice body, char out[BASE64])
{
    const struct slice parts[] = {head, body};
    unsigned char key[DIGEST], digest[DIGEST];
    key_of(secret, contact, key);
    hmac(slice_make((const char *)key, sizeof key), parts, 2, digest);
    base64(digest, out);
    explicit_bzero(key, sizeof key);
}

void webhook_signatures_write(const char *secret, const char *old_secret,
                              const struct webhook_contact *contact, const char *id, int64_t time,
                              struct slice body, char out[WEBHOOK_SIGNATURES_MAX])
{
    char head[100], first[BASE64], second[BASE64];
    snprintf(head, sizeof head, "%.60s.%lld.", id, (long long)time);
    sign(secret, contact, slice_from(head), body, first);
    snprintf(out, WEBHOOK_SIGNATURES_MAX, "v1,%s", first);
    if (*old_secret) {
        sign(old_secret, contact, slice_from(head), body, second);
        snprintf(out, WEBHOOK_SIGNATURES_MAX, "v1,%s v1,%s", first, second);
    }
}
