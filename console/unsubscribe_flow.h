// SPDX-License-Identifier: BSD-2-Clause
// The links that end a contact's monthly reports (unsubscribe/unsubscribe.h).
#ifndef CONSOLE_UNSUBSCRIBE_FLOW_H
#define CONSOLE_UNSUBSCRIBE_FLOW_H

#include "console/visit.h"

// Answers a request of ROUTE_LINK. The signature in the query is the only authority: there is no session and
// no form key, and the body is not read, so that the POST of a mail program counts, of whichever type (RFC
// 8058 section 3.2). A GET shows the button, and changes nothing.
void unsubscribe_flow_begin(struct visit *visit);

#endif
