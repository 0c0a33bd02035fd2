// SPDX-License-Identifier: BSD-2-Clause
// The networks from which a user has logged in, most recent ones only.
#ifndef POLICYD_LOGINS_LOGIN_HISTORY_H
#define POLICYD_LOGINS_LOGIN_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

enum { LOGIN_HISTORY_NETWORKS = 16 };

// Zeroed, it is empty.
struct login_history {
    struct {
        uint32_t network, client; // hashes; the client that logged in last from that network
        uint32_t at;              // seconds; 0: unused
    } seen[LOGIN_HISTORY_NETWORKS];
};

enum login_familiarity { LOGIN_UNKNOWN, LOGIN_KNOWN_NETWORK, LOGIN_KNOWN_CLIENT };

// The last log-in of a client and its network since `since`. NULL is an empty history.
enum login_familiarity login_history_look(const struct login_history *history, uint32_t network,
                                          uint32_t client, int64_t since);

// Adds a log-in, in place of that network's last one or the oldest of all.
void login_history_add(struct login_history *history, uint32_t network, uint32_t client, int64_t now);

#endif
