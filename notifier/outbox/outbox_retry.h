// SPDX-License-Identifier: BSD-2-Clause
// When a message is tried again, and when no more. Pure.
#ifndef NOTIFIER_OUTBOX_OUTBOX_RETRY_H
#define NOTIFIER_OUTBOX_OUTBOX_RETRY_H

#include <stdbool.h>

// Seconds until the next attempt: 10 s, doubled after each of `attempts`, at most an hour.
unsigned outbox_retry_seconds(unsigned attempts);

// Returns whether that was the last attempt: after about two days an alert is of no use.
bool outbox_gives_up(unsigned attempts);

#endif
