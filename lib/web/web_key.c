// SPDX-License-Identifier: BSD-2-Clause
#include "web/web_key.h"

#include "base/bug.h"
#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define KEY_PURPOSE "emailgency form key"

static void key_of(const char *secret, struct slice session, unsigned char out[WEB_KEY_SIZE])
{
    unsigned char inner[WEB_KEY_SIZE], digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    // Two steps, so that what else the secret signs is never the key of a form.
    if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)KEY_PURPOSE,
              sizeof KEY_PURPOSE - 1, digest, &size) ||
        size != WEB_KEY_SIZE)
        bug_abort("HMAC-SHA-256 fails");
    memcpy(inner, digest, sizeof inner);
    if (!HMAC(EVP_sha256(), inner, WEB_KEY_SIZE, (const unsigned char *)session.ptr, session.len, digest,
              &size))
        bug_abort("HMAC-SHA-256 fails");
    memcpy(out, digest, WEB_KEY_SIZE);
    OPENSSL_cleanse(inner, sizeof inner);
    OPENSSL_cleanse(digest, sizeof digest);
}

static bool take_hex(const char *text, unsigned char out[WEB_KEY_SIZE])
{
    for (size_t i = 0; i < WEB_KEY_SIZE; i++) {
        const int high = OPENSSL_hexchar2int((unsigned char)text[2 * i]);
        const int low = OPENSSL_hexchar2int((unsigned char)text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

void web_key_make(const char *secret, struct slice session, const unsigned char mask[WEB_KEY_SIZE],
                  char out[WEB_KEY_TEXT_MAX])
{
    unsigned char key[WEB_KEY_SIZE];
    key_of(secret, session, key);
    for (size_t i = 0; i < WEB_KEY_SIZE; i++)
        key[i] ^= mask[i];
    hex_write(mask, WEB_KEY_SIZE, out);
    hex_write(key, WEB_KEY_SIZE, out + (ptrdiff_t)2 * WEB_KEY_SIZE);
}

bool web_key_check(const char *secret, struct slice session, struct slice text)
{
    unsigned char right[WEB_KEY_SIZE], mask[WEB_KEY_SIZE], key[WEB_KEY_SIZE];
    if (text.len != WEB_KEY_TEXT_MAX - 1 || !take_hex(text.ptr, mask) ||
        !take_hex(text.ptr + (ptrdiff_t)2 * WEB_KEY_SIZE, key))
        return false;
    key_of(secret, session, right);
    for (size_t i = 0; i < WEB_KEY_SIZE; i++)
        key[i] ^= mask[i];
    return CRYPTO_memcmp(right, key, sizeof right) == 0;
}
