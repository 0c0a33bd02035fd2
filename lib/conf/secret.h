// SPDX-License-Identifier: BSD-2-Clause
// A secret on disk: the first line of a file, or of a credential that systemd has passed.
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "base/problem.h"

// `path` is absolute, or the name of a credential in $CREDENTIALS_DIRECTORY; a file must be private
// (secret_is_private). Returns the first line, without
// its end, for secret_free; or NULL with a human-readable message in `problem`.
char *secret_read(const char *path, struct problem *problem);

// Returns whether the open file at `path`, which holds secrets, is out of the reach of others: no right of
// theirs, and no right of its group to write. Returns false with the command that makes it so in `problem`.
bool secret_is_private(int fd, const char *path, struct problem *problem) __attribute__((warn_unused_result));

// Wipes it first. NULL is allowed.
void secret_free(char *value);

#endif
