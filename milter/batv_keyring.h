// SPDX-License-Identifier: BSD-2-Clause
// The keys that sign and verify bounce addresses, shared by all threads; a reload may replace them.
#ifndef MILTER_BATV_KEYRING_H
#define MILTER_BATV_KEYRING_H

#include "milter/batv/batv.h"

// Reads the keys from the file `path`; empty: no keys. Returns false, with a human-readable message in
// `problem` and the keys unchanged, if it cannot be read.
bool batv_keyring_load(const char *path, struct problem *problem) __attribute__((warn_unused_result));

// Checks the path and the file, for an option table.
bool batv_keyring_check(const char *path, struct problem *problem);

// Writes a copy that the caller ends with batv_keys_finish. Returns false if there are no keys.
bool batv_keyring_copy(struct batv_keys *out) __attribute__((warn_unused_result));

#endif
