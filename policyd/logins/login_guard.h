// SPDX-License-Identifier: BSD-2-Clause
// The decision on one attempt to log in: allowed, delayed or refused, by the wrong passwords before it.
//
// Different wrong passwords are counted, so that a program which repeats an outdated one harms nobody:
//   - for an address from one network (IPv4 /24, IPv6 /64), or from one client that has logged in before;
//   - for a network that is new to the address, over all addresses;
//   - for an address, over all networks that are new to it.
// Who has logged in from a network before is held back by the first bound alone, so that nobody elsewhere can
// lock a user out. An attempt counts before its outcome is known, so that parallel ones gain nothing; a
// success takes the count back.
#ifndef POLICYD_LOGINS_LOGIN_GUARD_H
#define POLICYD_LOGINS_LOGIN_GUARD_H

#include "policyd/logins/login_request.h"

#include <stddef.h>

enum {
    LOGIN_GUARD_PASSWORDS = 16,  // the largest `wrong_passwords`
    LOGIN_GUARD_FREE = 3,        // wrong passwords without a delay
    LOGIN_GUARD_DELAY_MAX = 5,   // seconds; Postfix waits for Dovecot for 10 s in all
    LOGIN_GUARD_KNOWN_DAYS = 30, // a network is known for as long after the last log-in
    LOGIN_GUARD_IN_FLIGHT_S =
        10, // a password that is tried again so soon is not refused: its check may go on
};

struct login_limits {
    unsigned wrong_passwords;  // of an address from a network, LOGIN_GUARD_FREE + 1 … LOGIN_GUARD_PASSWORDS
    unsigned network_failures; // of a network
    unsigned address_failures; // of an address, from networks that are new to it
    int64_t window;            // seconds in which they count
};

enum login_reason {
    LOGIN_ALLOWED,
    LOGIN_DELAYED,
    LOGIN_REFUSED_PASSWORDS, // too many wrong passwords for this address from this network
    LOGIN_REFUSED_NETWORK,
    LOGIN_REFUSED_ADDRESS,
    LOGIN_REASONS
};

struct login_verdict {
    enum login_reason reason;
    unsigned delay; // seconds
    bool first;     // of a refusal: the first for this reason, for one log line
};

struct login_guard;

// Tables of at most `max` entries each: pairs of address and network, networks, addresses, histories. Returns
// NULL if out of memory.
struct login_guard *login_guard_create(size_t max);
void login_guard_destroy(struct login_guard *guard);

// An attempt before its password is checked; it must have a client. `now` is clock_mono_s().
struct login_verdict login_guard_check(struct login_guard *guard, const struct login_limits *limits,
                                       const struct login_attempt *attempt, int64_t now);

// The same attempt, once it succeeded.
void login_guard_success(struct login_guard *guard, const struct login_limits *limits,
                         const struct login_attempt *attempt, int64_t now);

// The word of a reason in metrics and log lines: "allowed", "delayed", "wrong_passwords", "network",
// "address".
const char *login_reason_word(unsigned reason);

#endif
