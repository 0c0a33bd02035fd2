// SPDX-License-Identifier: BSD-2-Clause
// A naive model of recipients and routes of copies, over a few domains and users: rows in arrays, searched
// from front to back, recursion with a list of what was visited.
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>

#define MODEL_ADDRESS_MAX 256
#define MODEL_DOMAINS 4
#define MODEL_MAILBOXES 12
#define MODEL_ALIASES 24

struct model_domain {
    const char *name, *alias, *alternate; // alias and alternate may be empty
    bool primary, transport, keep_copy, catchall, verify;
};

struct model {
    struct model_domain domains[MODEL_DOMAINS];
    char mailboxes[MODEL_MAILBOXES][MODEL_ADDRESS_MAX];
    struct {
        char address[MODEL_ADDRESS_MAX], target[MODEL_ADDRESS_MAX];
    } aliases[MODEL_ALIASES];
    char text[8192]; // the same for rows.h
};

// Fills it at random; the same for the same seed.
void model_make(struct model *model, unsigned seed);

// The n-th of the addresses to ask for, in canonical and other names; false after the last.
bool model_address(unsigned n, char out[MODEL_ADDRESS_MAX]);

// Returns whether mail to the address is taken, and where its copies go; an address that nothing is known
// of stays itself. `*grows`: an alias leads to itself with an ever longer extension; what that makes is
// not defined but for its end.
bool model_expand(const struct model *model, const char *address, char (*out)[MODEL_ADDRESS_MAX], size_t max,
                  size_t *count, bool *grows);

#endif
