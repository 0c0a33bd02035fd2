// SPDX-License-Identifier: BSD-2-Clause
// Actions: a call of the database that edits, a short wait until the nodes have the edit, and a redirect to
// its page.
#ifndef CONSOLE_ACTION_FLOW_H
#define CONSOLE_ACTION_FLOW_H

#include "console/visit.h"

// Answers a POST.
void action_flow_begin(struct visit *visit);

// A node has reported how far it is.
void action_flow_node_reported(void);

// Edits that wait are answered at once.
void action_flow_end(void);

#endif
