// SPDX-License-Identifier: BSD-2-Clause
// libmilter's events: each is decoded, decided elsewhere and answered. Any of them may run on any thread.
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdint.h>

struct smfiDesc callbacks_table(void);

// From now on events are let pass. Returns whether none is under way any more, after at most `within_ms`.
bool callbacks_close(int64_t within_ms) __attribute__((warn_unused_result));

#endif
