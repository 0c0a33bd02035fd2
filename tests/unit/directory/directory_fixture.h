// SPDX-License-Identifier: BSD-2-Clause
// A replica in a folder of its own, and a reader of it.
#ifndef UNIT_DIRECTORY_DIRECTORY_FIXTURE_H
#define UNIT_DIRECTORY_DIRECTORY_FIXTURE_H

#include "directory/directory.h"

extern const char *path;                      // the folder
extern struct directory *directory;           // NULL: none is open
extern const struct directory_snapshot *rows; // NULL: none is taken

// Replaces the rows of the replica (tests/support/rows.h).
void load(const char *text);

// load(), then opens the replica and takes a snapshot.
void open_with(const char *text);

int set_up(void **state);

// Also resets the clock.
int tear_down(void **state);

#endif
