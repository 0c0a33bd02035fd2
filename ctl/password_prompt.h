// SPDX-License-Identifier: BSD-2-Clause
// Reads a new password: at a terminal asked for twice, without echo; else the first line of standard input.
#ifndef CTL_PASSWORD_PROMPT_H
#define CTL_PASSWORD_PROMPT_H

#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>

enum {
    PASSWORD_PROMPT_MAX = 512,
};

// `password` is in `text`, which is the caller's to overwrite. Returns false with a human-readable message in
// `problem`, and `text` overwritten.
bool password_prompt_read(char text[PASSWORD_PROMPT_MAX], struct slice *password, struct problem *problem)
    __attribute__((warn_unused_result));

#endif
