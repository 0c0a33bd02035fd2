// SPDX-License-Identifier: BSD-2-Clause
#include "console/mua/mua_profile.h"

#include "base/hex.h"

#include <openssl/sha.h>
#include <stdio.h>

enum { TEXT_MAX = 512, UUID_SIZE = 16 };

void mua_profile_uuid(const char *part, const char *address, char out[MUA_UUID_MAX])
{
    char text[TEXT_MAX], digits[2 * UUID_SIZE + 1];
    unsigned char hash[SHA256_DIGEST_LENGTH];
    const int len = snprintf(text, sizeof text, "emailgency profile %s %s", part, address);
    (void)SHA256((const unsigned char *)text, len < TEXT_MAX ? (size_t)len : TEXT_MAX - 1, hash);
    hash[6] = (unsigned char)((hash[6] & 0x0f) | 0x80); // the version
    hash[8] = (unsigned char)((hash[8] & 0x3f) | 0x80); // the variant
    hex_write(hash, UUID_SIZE, digits);
    (void)snprintf(out, MUA_UUID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
                   digits + 16, digits + 20);
}
