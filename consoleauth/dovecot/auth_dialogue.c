// SPDX-License-Identifier: BSD-2-Clause
#include "consoleauth/dovecot/auth_dialogue.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { LOGIN_MAX = 400, PASSWORD_BYTES_MAX = 600, PLAIN_MAX = LOGIN_MAX + PASSWORD_BYTES_MAX + 2 };

// Without "no-penalty" a right password would wait after three wrong ones from its address; who guesses is
// held back by the CAPTCHA.
size_t auth_dialogue_write(const struct auth_dialogue_request *request, char out[AUTH_DIALOGUE_MAX])
{
    char plain[PLAIN_MAX], coded[4 * (PLAIN_MAX + 2) / 3 + 1];
    size_t len = 2 + request->login.len;
    if (request->login.len > LOGIN_MAX || request->password.len > PASSWORD_BYTES_MAX)
        return 0;
    plain[0] = plain[1 + request->login.len] = '\0';
    memcpy(plain + 1, request->login.ptr, request->login.len);
    memcpy(plain + len, request->password.ptr, request->password.len);
    len += request->password.len;
    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain, (int)len);
    const int used = snprintf(
        out, AUTH_DIALOGUE_MAX,
        "VERSION\t1\t1\nCPID\t%u\nAUTH\t1\tPLAIN\tservice=console\tno-penalty\tsecured%s%s\tresp=%s\n",
        request->client_id, *request->from ? "\trip=" : "", request->from, coded);
    explicit_bzero(plain, sizeof plain);
    explicit_bzero(coded, sizeof coded);
    return used > 0 && used < AUTH_DIALOGUE_MAX ? (size_t)used : 0;
}

static bool has_parameter(struct slice line, struct slice name)
{
    struct slice word;
    while (line.len) {
        slice_split(line, '\t', &word, &line);
        if (slice_equal(word, name))
            return true;
    }
    return false;
}

static enum auth_dialogue_rc read_line(struct slice line)
{
    struct slice word, rest, number;
    slice_split(line, '\t', &word, &rest);
    slice_split(rest, '\t', &number, &rest);
    if (slice_equal(word, SLICE("VERSION")))
        return slice_equal(number, SLICE("1")) ? AUTH_DIALOGUE_MORE : AUTH_DIALOGUE_BROKEN;
    if (slice_equal(word, SLICE("OK")) && slice_equal(number, SLICE("1")))
        return AUTH_DIALOGUE_RIGHT;
    if (slice_equal(word, SLICE("FAIL")) && slice_equal(number, SLICE("1")))
        return has_parameter(rest, SLICE("temp")) ? AUTH_DIALOGUE_FAILED : AUTH_DIALOGUE_WRONG;
    return slice_equal(word, SLICE("CONT")) ? AUTH_DIALOGUE_BROKEN : AUTH_DIALOGUE_MORE;
}

enum auth_dialogue_rc auth_dialogue_read(struct slice bytes)
{
    struct slice line, rest;
    for (; slice_split(bytes, '\n', &line, &rest); bytes = rest) {
        const enum auth_dialogue_rc rc = read_line(line);
        if (rc != AUTH_DIALOGUE_MORE)
            return rc;
    }
    return bytes.len > AUTH_DIALOGUE_MAX ? AUTH_DIALOGUE_BROKEN : AUTH_DIALOGUE_MORE;
}
