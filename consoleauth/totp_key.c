// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/totp_key.h"

#include "base/fault.h"
#include "base/log.h"

#include <string.h>
#include <sys/random.h>

static unsigned char key[SEALED_SECRET_KEY];
static bool has_key;

static struct fault wrong_key = {
    .name = "totp-key",
    .text = "the secret of a second factor cannot be decrypted, so its owner cannot log in with it",
    .advice = "give totp_key_file the key that it was set up with; a recovery code works",
};

void totp_key_register(void)
{
    fault_register(&wrong_key, 1, "emailgency_console_auth_errors_total");
}

bool totp_key_set(const char *line, struct problem *problem)
{
    has_key = *line && sealed_secret_key(slice_from(line), key);
    return has_key || !*line ||
           problem_set(
               problem,
               "totp_key_file: its first line has less than 32 characters: make one by openssl rand -hex 32");
}

void totp_key_forget(void)
{
    explicit_bzero(key, sizeof key);
    has_key = false;
}

bool totp_key_make(struct slice login, unsigned char plain[SEALED_SECRET_PLAIN],
                   unsigned char sealed[SEALED_SECRET_BYTES])
{
    unsigned char nonce[SEALED_SECRET_NONCE];
    if (!has_key || getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce ||
        getrandom(plain, SEALED_SECRET_PLAIN, 0) != SEALED_SECRET_PLAIN)
        return false;
    sealed_secret_close(key, login, nonce, plain, sealed);
    return true;
}

bool totp_key_open(struct slice login, const unsigned char sealed[SEALED_SECRET_BYTES],
                   unsigned char plain[SEALED_SECRET_PLAIN])
{
    if (has_key && sealed_secret_open(key, login, sealed, plain))
        return true;
    (void)fault_report(&wrong_key, log_value(login).text);
    return false;
}
