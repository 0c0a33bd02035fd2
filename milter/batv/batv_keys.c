// SPDX-License-Identifier: BSD-2-Clause
#include "milter/batv/batv_keys.h"

#include <openssl/crypto.h>

#define HEX_MIN 32 // digits, of four bits each

static bool is_hex(struct slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (!memchr("0123456789abcdefABCDEF", in.ptr[i], 22))
            return false;
    return true;
}

const struct batv_key *batv_keys_find(const struct batv_keys *keys, unsigned id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].id == id)
            return &keys->keys[i];
    return NULL;
}

// Returns what is wrong with a secret, or NULL.
static const char *secret_problem(struct slice secret)
{
    if (secret.len < BATV_KEYS_SECRET_MIN)
        return "the secret is too short; write \"ID SECRET\" with a secret of 16 bytes or more";
    if (secret.len < HEX_MIN && is_hex(secret))
        return "the secret is too short; one of hex digits only needs 32 or more";
    if (secret.len > BATV_KEYS_SECRET_MAX)
        return "the secret is too long; use at most 256 bytes";
    return memchr(secret.ptr, '\0', secret.len) ? "the secret contains a NUL byte" : NULL;
}

// Adds the key of a line; returns what is wrong with it, or NULL.
static const char *add_line(struct slice line, struct batv_keys *out)
{
    unsigned long long id;
    const bool alone = line.len == 1 || line.ptr[1] == ' ' || line.ptr[1] == '\t';
    const struct slice secret = slice_trim(slice_skip(line, 1));
    if (!alone || !slice_number(slice_make(line.ptr, 1), 9, &id))
        return "not a key; write \"ID SECRET\" with an ID of 0 to 9";
    const char *problem = secret_problem(secret);
    if (!problem && batv_keys_find(out, (unsigned)id))
        problem = "an earlier line has a key with the same ID";
    if (problem)
        return problem;
    struct batv_key *key = &out->keys[out->count++];
    key->id = (unsigned)id;
    key->len = secret.len;
    memcpy(key->secret, secret.ptr, secret.len);
    return NULL;
}

bool batv_keys_parse(struct slice text, struct batv_keys *out, struct problem *problem)
{
    const char *wrong = NULL;
    memset(out, 0, sizeof *out);
    for (unsigned number = 1; text.len && !wrong; number++) {
        struct slice line;
        slice_split(text, '\n', &line, &text);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        line = slice_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        wrong = add_line(line, out);
        if (wrong)
            problem_set(problem, "line %u: %s", number, wrong);
    }
    if (!wrong && out->count == 0)
        problem_set(problem, "%s", wrong = "the file has no key; write \"ID SECRET\", one key per line");
    if (wrong)
        batv_keys_finish(out);
    return !wrong;
}

void batv_keys_finish(struct batv_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}
