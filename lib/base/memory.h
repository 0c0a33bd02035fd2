// SPDX-License-Identifier: BSD-2-Clause
// Out of memory where no peer is there to be refused: at start, and where the process cannot continue
// without.
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

// Logs "out of memory" and ends the process with status 71 (EX_OSERR).
void memory_exhausted(void) __attribute__((noreturn));

// Returns `memory`, which an allocation returned. Calls memory_exhausted if it is NULL.
void *memory_or_exit(void *memory) __attribute__((returns_nonnull, warn_unused_result));

#endif
