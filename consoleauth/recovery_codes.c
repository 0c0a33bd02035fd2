// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/recovery_codes.h"

#include <string.h>
#include <sys/random.h>

bool recovery_codes_make(struct recovery_codes *out)
{
    unsigned char random[RECOVERY_CODES][ONE_TIME_CODE_BYTES];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    for (unsigned i = 0; i < RECOVERY_CODES; i++)
        one_time_code_make(random[i], out->text[i]);
    explicit_bzero(random, sizeof random);
    return true;
}

void recovery_codes_hash(const struct recovery_codes *codes, char out[RECOVERY_HASHES_MAX])
{
    *out = '\0';
    for (unsigned i = 0; i < RECOVERY_CODES && *codes->text[i]; i++, out += TOKEN_HEX_MAX) {
        if (i)
            out[-1] = ' ';
        token_hash(slice_from(codes->text[i]), out);
    }
}

void recovery_codes_list(const struct recovery_codes *codes, const char *out[RECOVERY_CODES + 1])
{
    for (unsigned i = 0; i < RECOVERY_CODES; i++)
        out[i] = codes->text[i];
    out[RECOVERY_CODES] = NULL;
}
