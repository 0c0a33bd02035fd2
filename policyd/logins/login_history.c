// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/logins/login_history.h"

#include <stddef.h>

enum login_familiarity login_history_look(const struct login_history *history, uint32_t network,
                                          uint32_t client, int64_t since)
{
    for (size_t i = 0; history && i < LOGIN_HISTORY_NETWORKS; i++)
        if (history->seen[i].at > 0 && history->seen[i].at >= since && history->seen[i].network == network)
            return history->seen[i].client == client ? LOGIN_KNOWN_CLIENT : LOGIN_KNOWN_NETWORK;
    return LOGIN_UNKNOWN;
}

void login_history_add(struct login_history *history, uint32_t network, uint32_t client, int64_t now)
{
    size_t place = 0;
    for (size_t i = 0; i < LOGIN_HISTORY_NETWORKS; i++) {
        if (history->seen[i].at > 0 && history->seen[i].network == network) {
            place = i;
            break;
        }
        if (history->seen[i].at < history->seen[place].at)
            place = i;
    }
    history->seen[place].network = network;
    history->seen[place].client = client;
    history->seen[place].at = (uint32_t)now;
}
