// SPDX-License-Identifier: BSD-2-Clause
// Answers that are documents of their own, not pages of the console: mails as they are sent.
#ifndef CONSOLE_PREVIEW_FLOW_H
#define CONSOLE_PREVIEW_FLOW_H

#include "console/visit.h"

// True if the route's `page` is such a document: its name has a dot, as in "report.html".
bool preview_flow_has(const struct console_route *route);

// Answers with the document of the visit's view.
void preview_flow_show(struct visit *visit);

// The fields of the action that sends the mail which is shown: "d", "month" and "message". NULL if it cannot
// be composed; that was logged.
json_t *preview_flow_params(const struct visit *visit) __attribute__((warn_unused_result));

#endif
