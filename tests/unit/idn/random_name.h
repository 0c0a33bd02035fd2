// SPDX-License-Identifier: BSD-2-Clause
// Random international names in both forms, made without regard to the code that is tested: the A-labels are
// encoded here (RFC 3492), and the other spellings are undone by no library.
#ifndef RANDOM_NAME_H
#define RANDOM_NAME_H

#include <stddef.h>

#define RANDOM_NAME_MAX 1000 // bytes

struct random_name {
    char u[RANDOM_NAME_MAX]; // U-labels, in lower case and composed
    char a[RANDOM_NAME_MAX]; // the same in A-labels, as rows have it
};

unsigned random_below(unsigned *seed, unsigned below);

// One to three labels of several scripts, ASCII and false A-labels among them.
void random_name_make(unsigned *seed, struct random_name *out);

// Another spelling of either form: upper case, decomposed, full-width or ideographic full stops, full-width
// letters, soft hyphens, a final dot.
void random_name_spell(unsigned *seed, const struct random_name *name, char out[RANDOM_NAME_MAX]);

#endif
