// SPDX-License-Identifier: BSD-2-Clause
// A secret on disk: the first line of a file, or of a credential that systemd has passed.
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "base/problem.h"

// `path` is absolute, or the name of a credential in $CREDENTIALS_DIRECTORY. Returns the first line, without
// its end, for secret_free; or NULL with a human-readable message in `problem`.
char *secret_read(const char *path, struct problem *problem);

// Wipes it first. NULL is allowed.
void secret_free(char *value);

#endif
