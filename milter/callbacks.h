// SPDX-License-Identifier: BSD-2-Clause
// libmilter's callbacks: decode the event, call the decision, encode the reply. Any may run on any thread.
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdint.h>

struct smfiDesc callbacks_table(void);

// Sets Postfix's enable_original_recipient for an MTA that does not send the macro; true until called.
void callbacks_set_original_recipients(bool original_recipients);

// Lets all events pass from now on. Waits at most `within_ms`; returns whether none is in flight any more.
bool callbacks_close(int64_t within_ms) __attribute__((warn_unused_result));

#endif
