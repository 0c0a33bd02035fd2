// SPDX-License-Identifier: BSD-2-Clause
// Decisions of each daemon on an envelope, as one text, from the bytes that it is given.
#ifndef IDN_DECISIONS_H
#define IDN_DECISIONS_H

#include "directory/directory.h"

#define DECISIONS_MAX 8192

struct decisions_given {
    const char *sender, *recipient, *login; // as they come; an empty login: not authenticated
};

void decisions_of_policyd(const struct directory_snapshot *rows, const struct decisions_given *given,
                          char out[DECISIONS_MAX]);
void decisions_of_milter(const struct directory_snapshot *rows, const struct decisions_given *given,
                         char out[DECISIONS_MAX]);
void decisions_of_maps(const struct directory_snapshot *rows, const struct decisions_given *given,
                       char out[DECISIONS_MAX]);

#endif
