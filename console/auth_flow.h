// SPDX-License-Identifier: BSD-2-Clause
// Passwords, second factors and sessions: a request to emailgency-console-auth, whose reply is
// a session, a page or a refusal.
#ifndef CONSOLE_AUTH_FLOW_H
#define CONSOLE_AUTH_FLOW_H

#include "console/visit.h"

void auth_flow_begin(struct visit *visit);

#endif
