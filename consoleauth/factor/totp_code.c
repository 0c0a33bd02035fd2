// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/factor/totp_code.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP_S = 30, WINDOW = 1, DIGITS = 6 };

bool totp_code_read(struct slice typed, char out[7])
{
    unsigned count = 0;
    for (size_t i = 0; i < typed.len; i++) {
        if (typed.ptr[i] == ' ')
            continue;
        if (count == DIGITS || typed.ptr[i] < '0' || typed.ptr[i] > '9')
            return false;
        out[count++] = typed.ptr[i];
    }
    out[count] = '\0';
    return count == DIGITS;
}

bool totp_code_check(const unsigned char secret[SEALED_SECRET_PLAIN], const char code[7], int64_t now,
                     int64_t last, int64_t *counter)
{
    int position = 0;
    uint64_t found = 0;
    if (oath_totp_validate4((const char *)secret, SEALED_SECRET_PLAIN, now, STEP_S, 0, WINDOW, &position,
                            &found, 0, code) < 0 ||
        (int64_t)found <= last)
        return false;
    *counter = (int64_t)found;
    return true;
}

// Percent-encodes what is not unreserved (RFC 3986 section 2.3). Returns the end; NULL if it does not fit.
static char *put_escaped(char *at, const char *end, struct slice text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; at && i < text.len; i++) {
        if (end - at < 4)
            return NULL;
        if (memchr(plain, text.ptr[i], sizeof plain - 1))
            *at++ = text.ptr[i];
        else
            at += snprintf(at, 4, "%%%02X", (unsigned)(unsigned char)text.ptr[i]);
    }
    return at;
}

bool totp_code_uri(const unsigned char secret[SEALED_SECRET_PLAIN], struct slice issuer, struct slice login,
                   char out[TOTP_URI_MAX])
{
    static const char head[] = "otpauth://totp/";
    const char *end = out + TOTP_URI_MAX;
    char *base32 = NULL, *at = out + sizeof head - 1;
    memcpy(out, head, sizeof head);
    at = put_escaped(at, end, issuer);
    if (at && end - at > 1)
        *at++ = ':';
    at = put_escaped(at, end, login);
    if (!at || oath_base32_encode((const char *)secret, SEALED_SECRET_PLAIN, &base32, NULL) != OATH_OK)
        return false;
    int len =
        snprintf(at, (size_t)(end - at), "?secret=%s&digits=%d&period=%d&issuer=", base32, DIGITS, STEP_S);
    explicit_bzero(base32, strlen(base32));
    free(base32);
    at = len > 0 && len < end - at ? put_escaped(at + len, end, issuer) : NULL;
    if (!at || at == end)
        return false;
    *at = '\0';
    return true;
}
