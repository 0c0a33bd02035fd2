// SPDX-License-Identifier: BSD-2-Clause
// The keys that sign and verify bounce addresses, as all threads see them; a reload may change them.
#ifndef MILTER_BATV_KEYRING_H
#define MILTER_BATV_KEYRING_H

#include "milter/batv/batv.h"

// Reads the keys from the file `path`, empty for none. False, with a line for people in `problem` and the
// keys as they were, where it cannot be read.
bool batv_keyring_load(const char *path, char *problem, size_t size) __attribute__((warn_unused_result));

// What is wrong with the file, as a check of an option table: NULL for nothing. Valid until the next call.
const char *batv_keyring_check(const char *path);

// Writes a copy for the caller's own use, which ends with batv_keys_finish. False where there are none.
bool batv_keyring_copy(struct batv_keys *out) __attribute__((warn_unused_result));

#endif
