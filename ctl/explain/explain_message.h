// SPDX-License-Identifier: BSD-2-Clause
// The message to explain.
#ifndef CTL_EXPLAIN_EXPLAIN_MESSAGE_H
#define CTL_EXPLAIN_EXPLAIN_MESSAGE_H

#include <stdint.h>

// Texts are as Postfix would send them; NULL: not known.
struct explain_message {
    const char *recipient, *client, *name, *helo, *sender, *login;
    int64_t size; // as SIZE= declares it, in bytes; -1: not declared
};

#endif
