// SPDX-License-Identifier: BSD-2-Clause
// Dovecot's auth policy server: HTTP on loopback, with a key. Dovecot asks before it checks a password, and
// reports what became of it. It allows a log-in to which it gets no answer.
#ifndef POLICYD_LOGIN_SERVICE_H
#define POLICYD_LOGIN_SERVICE_H

#include "base/problem.h"
#include "policyd/policyd_conf.h"

#include <event2/event.h>

// Serves as policyd_conf.login says, whose bounds a reload may change; nothing where it names no key. One
// per process. Returns false with a human-readable message in `problem`.
bool login_service_start(struct event_base *base, struct problem *problem)
    __attribute__((warn_unused_result));
void login_service_finish(void);

#endif
