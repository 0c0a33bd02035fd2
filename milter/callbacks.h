// SPDX-License-Identifier: BSD-2-Clause
// libmilter's events: each is decoded, decided elsewhere and answered. Any of them may run on any thread.
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdint.h>

struct smfiDesc callbacks_table(void);

// What Postfix's enable_original_recipient is where the MTA does not say so itself; true until called.
void callbacks_follow(bool original_recipients);

// From now on events are let pass. Returns whether none is under way any more, after at most `within_ms`.
bool callbacks_close(int64_t within_ms) __attribute__((warn_unused_result));

#endif
