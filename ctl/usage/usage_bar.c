// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/usage/usage_bar.h"

#include <inttypes.h>

enum { MARKS = 30, AMOUNTS_WIDTH = 22 };

void usage_amount(int64_t amount, bool bytes, char out[USAGE_AMOUNT_MAX])
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double shown = (double)amount;
    unsigned unit = 0;
    if (!bytes) {
        snprintf(out, USAGE_AMOUNT_MAX, "%" PRId64, amount);
        return;
    }
    for (; shown >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        shown /= 1024;
    snprintf(out, USAGE_AMOUNT_MAX, unit ? "%.1f %s" : "%.0f %s", shown, units[unit]);
}

// Any use has a mark at least; only a full one has all of them.
static int marks_of(int64_t used, int64_t allowed)
{
    if (used <= 0)
        return 0;
    if (used >= allowed)
        return MARKS;
    const int marks = (int)((double)used / (double)allowed * MARKS);
    return marks == 0 ? 1 : marks;
}

void usage_bar_print(const char *name, int width, int64_t used, int64_t allowed, bool bytes, FILE *out)
{
    char has[USAGE_AMOUNT_MAX], limit[USAGE_AMOUNT_MAX], amounts[2 * USAGE_AMOUNT_MAX + 8];
    usage_amount(used, bytes, has);
    if (allowed < 0) {
        fprintf(out, "%-*s  %s\n", width, name, has);
        return;
    }
    usage_amount(allowed, bytes, limit);
    snprintf(amounts, sizeof amounts, "%s of %s", has, limit);
    fprintf(out, "%-*s  %-*s  [", width, name, AMOUNTS_WIDTH, amounts);
    const int marks = marks_of(used, allowed);
    for (int i = 0; i < MARKS; i++)
        fputc(i < marks ? '#' : '-', out);
    if (allowed > 0)
        fprintf(out, "] %3.0f %%\n", (double)used / (double)allowed * 100);
    else
        fprintf(out, "]\n");
}
