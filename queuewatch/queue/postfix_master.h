// SPDX-License-Identifier: BSD-2-Clause
#ifndef QUEUEWATCH_QUEUE_POSTFIX_MASTER_H
#define QUEUEWATCH_QUEUE_POSTFIX_MASTER_H

enum postfix_master {
    POSTFIX_MASTER_UNKNOWN = -1, // it was never started, or its pid file cannot be read or has no number
    POSTFIX_MASTER_STOPPED,
    POSTFIX_MASTER_RUNS
};

// Returns whether the process that pid/master.pid of a queue directory names exists (Postfix
// src/master/master.c). No lock is tried: one that is held while Postfix starts would end it.
enum postfix_master postfix_master_look(const char *folder);

#endif
