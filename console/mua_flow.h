// SPDX-License-Identifier: BSD-2-Clause
// Set-up of mail programs (MUAs): Thunderbird's autoconfig, Outlook's Autodiscover, Apple's configuration
// profiles. An answer depends on the domain alone, so it does not say whether there is a mailbox.
#ifndef CONSOLE_MUA_FLOW_H
#define CONSOLE_MUA_FLOW_H

#include "console/visit.h"

// Answers a route of role ROUTE_PROGRAM. There is no session, and no cookie goes with the answer.
void mua_flow_begin(struct visit *visit);

#endif
