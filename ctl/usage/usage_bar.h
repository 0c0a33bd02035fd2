// SPDX-License-Identifier: BSD-2-Clause
// How much of a limit is used, as a line with a bar.
#ifndef CTL_USAGE_USAGE_BAR_H
#define CTL_USAGE_USAGE_BAR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    USAGE_AMOUNT_MAX = 32,
};

// A number of bytes with a unit, as in "1.2 GB" (of 1024); else the number itself.
void usage_amount(int64_t amount, bool bytes, char out[USAGE_AMOUNT_MAX]);

// Prints the name in `width` columns, the amounts, and a bar with the percentage; `allowed` below 0: nothing
// limits it, and there is no bar.
void usage_bar_print(const char *name, int width, int64_t used, int64_t allowed, bool bytes, FILE *out);

#endif
