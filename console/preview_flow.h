// SPDX-License-Identifier: BSD-2-Clause
// Answers that are documents of their own, not pages of the console: mails as they are sent.
#ifndef CONSOLE_PREVIEW_FLOW_H
#define CONSOLE_PREVIEW_FLOW_H

#include "console/visit.h"

// True if the route's `page` is such a document: its name has a dot, as in "report.html".
bool preview_flow_has(const struct console_route *route);

// Answers with the document of the visit's view.
void preview_flow_show(struct visit *visit);

#endif
