// SPDX-License-Identifier: BSD-2-Clause
#include "password/password_hash.h"

#include "password/password_rule.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "{CRYPT}"

enum { COST = 4 }; // 8 MB; "$y$j8T$", which password_fault() of the schema accepts

// Hashes with a setting, or as another hash was made.
static bool hash_with(struct slice password, const char *setting, char out[PASSWORD_HASH_MAX])
{
    char text[PASSWORD_MAX + 1];
    *out = '\0';
    if (memchr(password.ptr, '\0', password.len) || !slice_copy(password, text, sizeof text))
        return false;
    struct crypt_data *data = calloc(1, sizeof *data); // 32 KB
    const char *hash = data ? crypt_rn(text, setting, data, sizeof *data) : NULL;
    const int len = hash ? snprintf(out, PASSWORD_HASH_MAX, SCHEME "%s", hash) : -1;
    if (data)
        explicit_bzero(data, sizeof *data);
    free(data);
    explicit_bzero(text, sizeof text);
    if (len > 0 && len < PASSWORD_HASH_MAX)
        return true;
    *out = '\0';
    return false;
}

bool password_hash_make(struct slice password, const unsigned char salt[PASSWORD_HASH_SALT],
                        char out[PASSWORD_HASH_MAX])
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    *out = '\0';
    return crypt_gensalt_rn("$y$", COST, (const char *)salt, PASSWORD_HASH_SALT, setting, sizeof setting) &&
           hash_with(password, setting, out);
}

bool password_hash_verify(const char *hash, struct slice password)
{
    char again[PASSWORD_HASH_MAX];
    return strncmp(hash, SCHEME, strlen(SCHEME)) == 0 && hash_with(password, hash + strlen(SCHEME), again) &&
           strcmp(hash, again) == 0;
}
