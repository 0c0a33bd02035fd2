// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outbox/outbox_retry.h"

enum { FIRST_SECONDS = 10, LAST_SECONDS = 3600, ATTEMPTS_MAX = 57 }; // nine that double, then one an hour

unsigned outbox_retry_seconds(unsigned attempts)
{
    unsigned seconds = FIRST_SECONDS;
    for (unsigned i = 1; i < attempts && seconds < LAST_SECONDS; i++)
        seconds *= 2;
    return seconds < LAST_SECONDS ? seconds : LAST_SECONDS;
}

bool outbox_gives_up(unsigned attempts)
{
    return attempts >= ATTEMPTS_MAX;
}
