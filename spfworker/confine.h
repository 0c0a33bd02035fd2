// SPDX-License-Identifier: BSD-2-Clause
// Drops, for good, the rights that this process does not need after its start. It keeps its memory and
// descriptors, and UDP and TCP sockets.
#ifndef SPFWORKER_CONFINE_H
#define SPFWORKER_CONFINE_H

#include "base/problem.h"

// As root, becomes `user`. `files` is the number of descriptors that it may have at once. A system call
// that is not on the list ends the process (SIGSYS). Returns false with the fault in
// `problem`.
bool confine(const char *user, unsigned files, struct problem *problem) __attribute__((warn_unused_result));

#endif
