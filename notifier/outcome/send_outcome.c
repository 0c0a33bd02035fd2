// SPDX-License-Identifier: BSD-2-Clause
#include "notifier/outcome/send_outcome.h"

const char *send_outcome_name(enum send_outcome outcome)
{
    static const char *const names[] = {
        [SEND_SENT] = "sent", [SEND_RETRY] = "retry", [SEND_DEAD] = "dead", [SEND_UNKNOWN] = "unknown"};
    return names[outcome];
}

enum send_outcome send_outcome_of_smtp(unsigned code)
{
    return code < 400 ? SEND_SENT : code < 500 ? SEND_RETRY : SEND_DEAD;
}

enum send_outcome send_outcome_of_http(unsigned status)
{
    enum { REQUEST_TIMEOUT = 408, TOO_EARLY = 425, TOO_MANY_REQUESTS = 429 };
    if (status >= 200 && status < 300)
        return SEND_SENT;
    if (status == REQUEST_TIMEOUT || status == TOO_EARLY || status == TOO_MANY_REQUESTS)
        return SEND_RETRY;
    return status >= 300 && status < 500 ? SEND_DEAD : SEND_UNKNOWN;
}
