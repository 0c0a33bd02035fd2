// SPDX-License-Identifier: BSD-2-Clause
#include "altcha/altcha_key.h"

#include "base/bug.h"
#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static bool sign(const char *key, struct slice content, char signature[ALTCHA_SIGNATURE_LEN + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!key || strlen(key) < ALTCHA_KEY_MIN)
        return false;
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)content.ptr, content.len, digest,
              &size))
        bug_abort("HMAC-SHA-256 fails");
    hex_write(digest, ALTCHA_SIGNATURE_LEN / 2, signature);
    return true;
}

bool altcha_key_sign(const struct altcha_keys *keys, struct slice content,
                     char signature[ALTCHA_SIGNATURE_LEN + 1])
{
    return sign(keys->current, content, signature);
}

bool altcha_key_verify(const struct altcha_keys *keys, struct slice content, struct slice signature)
{
    const char *all[] = {keys->current, keys->previous};
    char right[ALTCHA_SIGNATURE_LEN + 1];
    bool found = false;
    if (signature.len != ALTCHA_SIGNATURE_LEN)
        return false;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (sign(all[i], content, right))
            found |= CRYPTO_memcmp(right, signature.ptr, ALTCHA_SIGNATURE_LEN) == 0;
    return found;
}
