// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command/suggestion.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Levenshtein's distance, one row of its table at a time. `b` is shorter than SUGGESTION_LEN_MAX.
static size_t count_edits(const char *a, const char *b)
{
    size_t row[SUGGESTION_LEN_MAX + 1];
    const size_t len = strlen(b);
    for (size_t i = 0; i <= len; i++)
        row[i] = i;
    for (size_t line = 1; *a; a++, line++) {
        size_t diagonal = row[0];
        row[0] = line;
        for (size_t i = 1; i <= len; i++) {
            const size_t replaced = diagonal + (*a != b[i - 1]);
            diagonal = row[i];
            row[i] = least(replaced, least(row[i], row[i - 1]) + 1);
        }
    }
    return row[len];
}

void suggestion_try(struct suggestion *suggestion, const char *name)
{
    enum { BEGINNING = 3 }; // bytes that make a beginning
    const size_t len = strlen(suggestion->given);
    if (len == 0 || len >= SUGGESTION_LEN_MAX || strlen(name) >= SUGGESTION_LEN_MAX)
        return;
    size_t edits = count_edits(suggestion->given, name);
    if (len >= BEGINNING && strncmp(suggestion->given, name, len) == 0)
        edits = 1;
    if (edits > 1 + len / 4 || edits >= len || (suggestion->name && suggestion->edits <= edits))
        return;
    suggestion->name = name;
    suggestion->edits = edits;
}
