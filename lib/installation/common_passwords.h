// SPDX-License-Identifier: BSD-2-Clause
// The passwords that are guessed first: a file of this installation.
#ifndef INSTALLATION_COMMON_PASSWORDS_H
#define INSTALLATION_COMMON_PASSWORDS_H

#include "base/problem.h"

// Returns them in lower case, one per line, to be freed; NULL with a human-readable message in `problem`.
// Without them no password can be judged.
char *common_passwords_read(struct problem *problem);

#endif
