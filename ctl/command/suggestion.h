// SPDX-License-Identifier: BSD-2-Clause
// The name that a misspelt word may stand for.
#ifndef CTL_COMMAND_SUGGESTION_H
#define CTL_COMMAND_SUGGESTION_H

#include <stddef.h>

#define SUGGESTION_LEN_MAX 40

struct suggestion {
    const char *given; // set by the caller; the rest is 0
    const char *name;  // the nearest name so far; NULL: none is near
    size_t edits;      // from `given` to it
};

// Takes `name` if it is nearer than what was tried before. Near is: the beginning of the name, or so few
// edits of a byte (insert, delete, replace) that it is likely to be the same word.
void suggestion_try(struct suggestion *suggestion, const char *name);

#endif
