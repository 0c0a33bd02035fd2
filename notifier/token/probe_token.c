// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/token/probe_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { VERSION = 1, BODY = 13, SIGNATURE = 16, BYTES = BODY + SIGNATURE };

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

bool probe_token_check_key(const char *key, struct problem *problem)
{
    const size_t len = strlen(key);
    return len == 0 || (len >= PROBE_TOKEN_KEY_MIN && len <= PROBE_TOKEN_KEY_MAX) ||
           problem_set(problem, "a key has %d to %d characters; make one by \"openssl rand -hex 32\"",
                       PROBE_TOKEN_KEY_MIN, PROBE_TOKEN_KEY_MAX);
}

static int value_of(char digit)
{
    if (digit >= '2' && digit <= '7')
        return digit - '2' + 26;
    digit |= 0x20;
    return digit >= 'a' && digit <= 'z' ? digit - 'a' : -1;
}

static void encode(const unsigned char in[BYTES], char out[PROBE_TOKEN_LEN + 1])
{
    unsigned held = 0, bits = 0;
    size_t used = 0;
    for (size_t i = 0; i < BYTES; i++) {
        held = held << 8 | in[i];
        for (bits += 8; bits >= 5; bits -= 5)
            out[used++] = digits[held >> (bits - 5) & 31];
    }
    out[used++] = digits[held << (5 - bits) & 31];
    out[used] = '\0';
}

// One token has one form: the bits that are left over are 0.
static bool decode(struct slice in, unsigned char out[BYTES])
{
    unsigned held = 0, bits = 0;
    size_t used = 0;
    if (in.len != PROBE_TOKEN_LEN)
        return false;
    for (size_t i = 0; i < in.len; i++) {
        const int value = value_of(in.ptr[i]);
        if (value < 0)
            return false;
        held = held << 5 | (unsigned)value;
        bits += 5;
        if (bits >= 8)
            out[used++] = (unsigned char)(held >> (bits -= 8));
    }
    return (held & ((1U << bits) - 1)) == 0;
}

static void put_number(unsigned char out[4], uint32_t number)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(number >> (24 - 8 * i));
}

static uint32_t get_number(const unsigned char in[4])
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static bool sign(const char *key, const unsigned char body[BODY], unsigned char out[SIGNATURE])
{
    unsigned char full[EVP_MAX_MD_SIZE];
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), body, BODY, full, NULL))
        return false;
    memcpy(out, full, SIGNATURE);
    return true;
}

bool probe_token_write(const struct probe_token_keys *keys, const struct probe_token *token,
                       char out[PROBE_TOKEN_LEN + 1])
{
    unsigned char bytes[BYTES];
    out[0] = '\0';
    bytes[0] = (unsigned char)(VERSION << 4 | (unsigned)token->place);
    put_number(bytes + 1, token->domain);
    put_number(bytes + 5, token->sequence);
    put_number(bytes + 9, token->sent);
    if (!sign(keys->current, bytes, bytes + BODY))
        return false;
    encode(bytes, out);
    return true;
}

static enum probe_token_rc check(const char *key, const unsigned char bytes[BYTES])
{
    unsigned char signature[SIGNATURE];
    if (!*key)
        return PROBE_TOKEN_FORGED;
    if (!sign(key, bytes, signature))
        return PROBE_TOKEN_UNCHECKED;
    return CRYPTO_memcmp(signature, bytes + BODY, SIGNATURE) == 0 ? PROBE_TOKEN_VALID : PROBE_TOKEN_FORGED;
}

enum probe_token_rc probe_token_read(const struct probe_token_keys *keys, struct slice text, int64_t now,
                                     struct probe_token *out)
{
    unsigned char bytes[BYTES];
    if (!decode(text, bytes) || bytes[0] >> 4 != VERSION || (bytes[0] & 15) < PROBE_TOKEN_SENDER ||
        (bytes[0] & 15) > PROBE_TOKEN_MESSAGE)
        return PROBE_TOKEN_NONE;
    enum probe_token_rc rc = check(keys->current, bytes);
    if (rc == PROBE_TOKEN_FORGED)
        rc = check(keys->previous, bytes);
    if (rc != PROBE_TOKEN_VALID)
        return rc;
    *out = (struct probe_token){.place = (enum probe_token_place)(bytes[0] & 15),
                                .domain = get_number(bytes + 1),
                                .sequence = get_number(bytes + 5),
                                .sent = get_number(bytes + 9)};
    const int64_t age = now - (int64_t)out->sent;
    return age <= PROBE_TOKEN_AGE_MAX && age >= -PROBE_TOKEN_AHEAD_MAX ? PROBE_TOKEN_VALID
                                                                       : PROBE_TOKEN_EXPIRED;
}

struct slice probe_token_find(struct slice text)
{
    size_t run = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && value_of(text.ptr[i]) >= 0) {
            run++;
            continue;
        }
        if (run == PROBE_TOKEN_LEN)
            return slice_make(text.ptr + i - run, run);
        run = 0;
    }
    return SLICE("");
}
