// SPDX-License-Identifier: BSD-2-Clause
// A password checked by Dovecot on its socket for clients, without waiting in the loop.
#ifndef CONSOLEAUTH_DOVECOT_AUTH_CHECK_H
#define CONSOLEAUTH_DOVECOT_AUTH_CHECK_H

#include "consoleauth/dovecot/auth_dialogue.h"

#include <event2/event.h>

struct auth_check;

struct auth_check_spec {
    const char *path; // of the socket
    int seconds;      // until Dovecot must be there, and then the answer
    struct slice login, password;
    const char *from;
    // Called once, from the loop, and never after auth_check_cancel(); the check has ended. `answer` is
    // RIGHT, WRONG or FAILED; `problem` says why it failed.
    void (*on_answer)(enum auth_dialogue_rc answer, const char *problem, void *arg);
    void *arg;
};

// Returns NULL, without a call, if it cannot be started: the login or password is too long, or Dovecot is not
// there.
struct auth_check *auth_check_start(struct event_base *base, const struct auth_check_spec *spec);

// NULL is allowed.
void auth_check_cancel(struct auth_check *check);

#endif
