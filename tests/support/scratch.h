// SPDX-License-Identifier: BSD-2-Clause
// A folder of its own for a test's replica.
#ifndef SCRATCH_H
#define SCRATCH_H

// Makes a new folder below TMPDIR or /tmp; its path is valid until scratch_remove.
const char *scratch_make(void);

// Removes it with the files in it.
void scratch_remove(void);

// Removes the files and leaves the folder.
void scratch_empty(void);

#endif
