// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/factor/sealed_secret.h"

#include "base/bug.h"

#include <openssl/evp.h>

enum { LINE_MIN = 32, TAG = 16 };

bool sealed_secret_key(struct slice line, unsigned char out[SEALED_SECRET_KEY])
{
    unsigned len = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (line.len < LINE_MIN)
        return false;
    if (EVP_Digest(line.ptr, line.len, digest, &len, EVP_sha256(), NULL) != 1 || len != SEALED_SECRET_KEY)
        bug_abort("OpenSSL has no SHA-256");
    memcpy(out, digest, SEALED_SECRET_KEY);
    return true;
}

void sealed_secret_close(const unsigned char key[SEALED_SECRET_KEY], struct slice login,
                         const unsigned char nonce[SEALED_SECRET_NONCE],
                         const unsigned char plain[SEALED_SECRET_PLAIN],
                         unsigned char out[SEALED_SECRET_BYTES])
{
    unsigned char *text = out + SEALED_SECRET_NONCE, *tag = text + SEALED_SECRET_PLAIN;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len = 0;
    const bool good =
        context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
        EVP_EncryptUpdate(context, NULL, &len, (const unsigned char *)login.ptr, (int)login.len) == 1 &&
        EVP_EncryptUpdate(context, text, &len, plain, SEALED_SECRET_PLAIN) == 1 &&
        EVP_EncryptFinal_ex(context, tag, &len) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good)
        bug_abort("OpenSSL has no AES-256-GCM");
    memcpy(out, nonce, SEALED_SECRET_NONCE);
}

bool sealed_secret_open(const unsigned char key[SEALED_SECRET_KEY], struct slice login,
                        const unsigned char sealed[SEALED_SECRET_BYTES],
                        unsigned char plain[SEALED_SECRET_PLAIN])
{
    const unsigned char *text = sealed + SEALED_SECRET_NONCE;
    unsigned char tag[TAG], rest[TAG];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len = 0;
    memcpy(tag, text + SEALED_SECRET_PLAIN, TAG);
    const bool good =
        context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, sealed) == 1 &&
        EVP_DecryptUpdate(context, NULL, &len, (const unsigned char *)login.ptr, (int)login.len) == 1 &&
        EVP_DecryptUpdate(context, plain, &len, text, SEALED_SECRET_PLAIN) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
        EVP_DecryptFinal_ex(context, rest, &len) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good)
        explicit_bzero(plain, SEALED_SECRET_PLAIN);
    return good;
}
