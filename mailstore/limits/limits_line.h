// SPDX-License-Identifier: BSD-2-Clause
// A mailbox as a line of Dovecot's passwd-file (the userdb of packaging/dovecot): its quota, and whether it
// sees Undelivered. Pure.
#ifndef MAILSTORE_LIMITS_LIMITS_LINE_H
#define MAILSTORE_LIMITS_LIMITS_LINE_H

#include "directory/directory.h"

#define LIMITS_LINE_MAX 800
#define LIMITS_SHARDS 256

// Writes the line, with its end, and which of the files has it: the first byte of the SHA-1 of the user, as
// Dovecot's %{sha1;truncate=8:user}. Returns its length; 0: the store has no such user, or it has no limit.
size_t limits_line(const struct mailbox_row *mailbox, const struct plan_row *plan, char out[LIMITS_LINE_MAX],
                   unsigned *shard);

#endif
