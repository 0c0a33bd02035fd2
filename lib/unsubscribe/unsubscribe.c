// SPDX-License-Identifier: BSD-2-Clause
#include "unsubscribe/unsubscribe.h"

#include "base/bug.h"
#include "base/slice.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

enum { BASE_MAX = 250, DIGEST_SIZE = 32, NAMES_MAX = 570, SIGNED_MAX = 600 };

bool unsubscribe_check_base(const char *value, struct problem *problem)
{
    if (!*value)
        return true;
    if (strlen(value) > BASE_MAX || !slice_has_prefix_nocase(slice_from(value), SLICE("https://")) ||
        !value[8])
        return problem_set(problem, "no https URL, as in https://console.example/unsubscribe");
    for (const char *at = value; *at; at++)
        if (*at <= ' ' || *at > '~' || strchr("?#<>\"", *at))
            return problem_set(problem, "an URL without \"?\", \"#\" and blanks is needed");
    return true;
}

static char *add_part(char *out, const char *end, const char *part)
{
    while (*part && out < end)
        *out++ = *part++;
    if (out < end)
        *out++ = '\0';
    return out;
}

void unsubscribe_sign(const char *key, const char *domain, const char *address,
                      char signature[UNSUBSCRIBE_SIGNATURE_MAX])
{
    char content[SIGNED_MAX], *end = content;
    unsigned char digest[EVP_MAX_MD_SIZE], encoded[DIGEST_SIZE * 2];
    unsigned size = 0;
    end = add_part(end, content + sizeof content, "unsubscribe-report");
    end = add_part(end, content + sizeof content, domain);
    end = add_part(end, content + sizeof content, address);
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)content, (size_t)(end - content),
              digest, &size))
        bug_abort("HMAC-SHA-256 fails");
    EVP_EncodeBlock(encoded, digest, DIGEST_SIZE); // 44 characters, the last one "="
    memcpy(signature, encoded, UNSUBSCRIBE_SIGNATURE_MAX - 1);
    for (unsigned i = 0; i < UNSUBSCRIBE_SIGNATURE_MAX - 1; i++) {
        if (signature[i] == '+')
            signature[i] = '-';
        else if (signature[i] == '/')
            signature[i] = '_';
    }
    signature[UNSUBSCRIBE_SIGNATURE_MAX - 1] = '\0';
}

bool unsubscribe_verify(const char *key, const char *domain, const char *address, const char *signature)
{
    char right[UNSUBSCRIBE_SIGNATURE_MAX];
    if (strlen(key) < UNSUBSCRIBE_KEY_MIN || strlen(signature) != sizeof right - 1 ||
        strlen(domain) + strlen(address) > NAMES_MAX)
        return false;
    unsubscribe_sign(key, domain, address, right);
    return CRYPTO_memcmp(right, signature, sizeof right - 1) == 0;
}

static void put_encoded(FILE *out, const char *text)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++)
        fprintf(out, strchr(unreserved, *text) ? "%c" : "%%%02X", (unsigned char)*text);
}

bool unsubscribe_url(const char *base, const char *key, const char *domain, const char *address,
                     char url[UNSUBSCRIBE_URL_MAX])
{
    char signature[UNSUBSCRIBE_SIGNATURE_MAX];
    FILE *out = fmemopen(url, UNSUBSCRIBE_URL_MAX, "w");
    if (!out)
        return false;
    unsubscribe_sign(key, domain, address, signature);
    fprintf(out, "%s?domain=", base);
    put_encoded(out, domain);
    fputs("&address=", out);
    put_encoded(out, address);
    fprintf(out, "&signature=%s", signature);
    const bool fits = fflush(out) == 0 && ftell(out) < UNSUBSCRIBE_URL_MAX;
    return fclose(out) == 0 && fits;
}
