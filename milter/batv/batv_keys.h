// SPDX-License-Identifier: BSD-2-Clause
// The keys that sign bounce addresses, from a file that an operator keeps on every node.
#ifndef MILTER_BATV_BATV_KEYS_H
#define MILTER_BATV_BATV_KEYS_H

#include "base/problem.h"
#include "base/slice.h"

#define BATV_KEYS_MAX 10 // ids 0 to 9
#define BATV_KEYS_SECRET_MIN 16
#define BATV_KEYS_SECRET_MAX 256

struct batv_key {
    unsigned id; // 0 … 9, the tag's first digit
    size_t len;
    unsigned char secret[BATV_KEYS_SECRET_MAX];
};

// The first key signs, all verify: a new key is put on top, the old one stays below it for five weeks.
struct batv_keys {
    size_t count;
    struct batv_key keys[BATV_KEYS_MAX];
};

// Parses the file's text: one key per line, "ID SECRET"; blank lines and those that begin with "#" are
// skipped. The secret is used literally, hex digits too: at least 16 bytes, or 32 if all are hex digits.
// Returns false, with no keys in `out` and a human-readable message in `problem`, which never shows a secret.
bool batv_keys_parse(struct slice text, struct batv_keys *out, struct problem *problem)
    __attribute__((warn_unused_result));

// The key with that id, or NULL.
const struct batv_key *batv_keys_find(const struct batv_keys *keys, unsigned id);

// Wipes the secrets.
void batv_keys_finish(struct batv_keys *keys);

#endif
