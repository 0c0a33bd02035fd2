// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/factor/token_hash.h"

#include "base/bug.h"
#include "base/hex.h"

#include <openssl/evp.h>

void token_hash(struct slice text, char out[TOKEN_HEX_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(text.ptr, text.len, digest, &len, EVP_sha256(), NULL) != 1 || len != TOKEN_BYTES)
        bug_abort("OpenSSL has no SHA-256");
    hex_write(digest, len, out);
}
