// SPDX-License-Identifier: BSD-2-Clause
// CAPTCHAs before what costs something: a challenge of ALTCHA, or for browsers without JavaScript a ticket
// that is good after a wait (altcha/altcha.h).
#ifndef CONSOLEAUTH_CAPTCHA_GATE_H
#define CONSOLEAUTH_CAPTCHA_GATE_H

#include "consoleauth/auth_task.h"

void captcha_gate_register(void);

// Takes the key by which challenges are signed; "": none, and nothing is ever asked for. Returns false with a
// human-readable message in `problem`.
bool captcha_gate_set_key(const char *key, struct problem *problem) __attribute__((warn_unused_result));

// Returns whether CAPTCHAs are asked for at all.
bool captcha_gate_asks(void);

// Calls `then` if `factor` (decide/captcha_factor.h) is 0 or the request has a solution of that cost for the
// form, which is used up; task->captcha is its factor. Otherwise the reply asks for one.
void captcha_gate_pass(struct auth_task *task, const char *form, unsigned factor,
                       void (*then)(struct auth_task *task));

// The reply that asks for one. `form` is a literal.
void captcha_gate_ask(struct auth_task *task, const char *form, unsigned factor);

// Looks up the failures of the client's network, the first column of a row.
void captcha_gate_look(struct auth_task *task, void (*then)(struct auth_task *task, const PGresult *rows));

// "challenge": one for a form that always has one.
void captcha_gate_challenge(struct auth_task *task);

// Runs a request "prove": a CAPTCHA alone, of the form "assistant", for public pages that need no log-in.
void captcha_gate_prove(struct auth_task *task);

#endif
