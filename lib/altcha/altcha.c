// SPDX-License-Identifier: BSD-2-Clause
#include "altcha/altcha.h"

#include "base/bug.h"
#include "base/hex.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define ALGORITHM "PBKDF2/SHA-256"
#define KEY_PREFIX "00"

enum { NONCE_SIZE = 16, SALT_SIZE = 16, KEY_SIZE = 32, PARAMETERS_MAX = 480 };

static bool is_form(const char *form)
{
    const size_t len = strlen(form);
    static const char right[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return len > 0 && len <= ALTCHA_FORM_MAX && strspn(form, right) == len;
}

// The parameters as they are signed: compact, with sorted keys.
static struct slice write_parameters(const struct altcha_spec *spec,
                                     const unsigned char random[ALTCHA_RANDOM_SIZE], char out[PARAMETERS_MAX])
{
    char nonce[NONCE_SIZE * 2 + 1], salt[SALT_SIZE * 2 + 1];
    hex_write(random, NONCE_SIZE, nonce);
    hex_write(random + NONCE_SIZE, SALT_SIZE, salt);
    const int len = snprintf(out, PARAMETERS_MAX,
                             "{\"algorithm\":\"" ALGORITHM "\",\"cost\":%u,\"data\":{\"form\":\"%s\"},"
                             "\"expiresAt\":%lld,\"keyLength\":%d,\"keyPrefix\":\"" KEY_PREFIX "\","
                             "\"nonce\":\"%s\",\"salt\":\"%s\"}",
                             spec->cost, spec->form, spec->expires_at, KEY_SIZE, nonce, salt);
    return slice_make(out, (size_t)len);
}

bool altcha_make(const struct altcha_keys *keys, const struct altcha_spec *spec,
                 const unsigned char random[ALTCHA_RANDOM_SIZE], char out[ALTCHA_CHALLENGE_MAX])
{
    char parameters[PARAMETERS_MAX], signature[ALTCHA_SIGNATURE_LEN + 1];
    if (!is_form(spec->form) || spec->cost == 0 || spec->cost > ALTCHA_COST_MAX || spec->expires_at <= 0)
        return false;
    if (!altcha_key_sign(keys, write_parameters(spec, random, parameters), signature))
        return false;
    snprintf(out, ALTCHA_CHALLENGE_MAX, "{\"parameters\":%s,\"signature\":\"%s\"}", parameters, signature);
    return true;
}

// The JSON of the payload; NULL if it is none.
static json_t *decode(struct slice payload)
{
    unsigned char decoded[ALTCHA_PAYLOAD_MAX];
    char text[ALTCHA_PAYLOAD_MAX + 1];
    if (payload.len % 4 != 0 || !slice_copy(payload, text, sizeof text))
        return NULL;
    const int size = EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)payload.len);
    int padding = 0;
    while (padding < 2 && size > 0 && text[payload.len - 1 - (size_t)padding] == '=')
        padding++;
    return size <= padding
               ? NULL
               : json_loadb((const char *)decoded, (size_t)(size - padding), JSON_REJECT_DUPLICATES, NULL);
}

static struct slice string_in(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return slice_make(json_string_value(value), json_string_length(value));
}

static bool is_signed(const struct altcha_keys *keys, const json_t *challenge)
{
    char content[PARAMETERS_MAX];
    const size_t len = json_dumpb(json_object_get(challenge, "parameters"), content, sizeof content,
                                  JSON_COMPACT | JSON_SORT_KEYS);
    return len > 0 && len <= sizeof content &&
           altcha_key_verify(keys, slice_make(content, len), string_in(challenge, "signature"));
}

// Parameters that were signed here are as they were written.
static bool read_parameters(const json_t *parameters, struct altcha_solution *solution)
{
    const json_int_t cost = json_integer_value(json_object_get(parameters, "cost"));
    const struct slice nonce = string_in(parameters, "nonce");
    solution->use.expires_at = json_integer_value(json_object_get(parameters, "expiresAt"));
    solution->cost = (unsigned)cost;
    return cost > 0 && cost <= ALTCHA_COST_MAX &&
           slice_equal(string_in(parameters, "algorithm"), SLICE(ALGORITHM)) &&
           slice_equal(string_in(parameters, "keyPrefix"), SLICE(KEY_PREFIX)) &&
           slice_copy(nonce, solution->use.nonce, sizeof solution->use.nonce) &&
           hex_read(nonce, solution->password, NONCE_SIZE) &&
           hex_read(string_in(parameters, "salt"), solution->salt, SALT_SIZE);
}

static bool read_solution(const json_t *given, struct altcha_solution *solution)
{
    const json_t *counter = json_object_get(given, "counter");
    const json_int_t number = json_integer_value(counter);
    if (!json_is_integer(counter) || number < 0 || number > UINT32_MAX)
        return false;
    for (int i = 0; i < 4; i++)
        solution->password[NONCE_SIZE + i] = (unsigned char)(number >> (24 - 8 * i));
    return hex_read(string_in(given, "derivedKey"), solution->key, KEY_SIZE);
}

static enum altcha_rc read_payload(const struct altcha_keys *keys, const char *form, long long now,
                                   const json_t *payload, struct altcha_solution *solution)
{
    const json_t *challenge = json_object_get(payload, "challenge");
    const json_t *parameters = json_object_get(challenge, "parameters");
    if (!parameters)
        return ALTCHA_MALFORMED;
    if (!is_signed(keys, challenge) ||
        !slice_equal(string_in(json_object_get(parameters, "data"), "form"), slice_from(form)))
        return ALTCHA_FORGED;
    if (!read_parameters(parameters, solution) ||
        !read_solution(json_object_get(payload, "solution"), solution))
        return ALTCHA_MALFORMED;
    return solution->use.expires_at < now ? ALTCHA_EXPIRED : ALTCHA_RIGHT;
}

enum altcha_rc altcha_read(const struct altcha_keys *keys, const char *form, long long now,
                           struct slice payload, struct altcha_solution *solution)
{
    *solution = (struct altcha_solution){0};
    json_t *decoded = decode(payload);
    const enum altcha_rc rc = read_payload(keys, form, now, decoded, solution);
    json_decref(decoded);
    return rc;
}

bool altcha_is_solved(const struct altcha_solution *solution)
{
    unsigned char key[KEY_SIZE];
    if (solution->key[0] != 0)
        return false;
    if (!PKCS5_PBKDF2_HMAC((const char *)solution->password, sizeof solution->password, solution->salt,
                           SALT_SIZE, (int)solution->cost, EVP_sha256(), KEY_SIZE, key))
        bug_abort("PBKDF2 fails");
    return CRYPTO_memcmp(key, solution->key, KEY_SIZE) == 0;
}
