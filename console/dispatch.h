// SPDX-License-Identifier: BSD-2-Clause
// Requests: decoded, matched with the table of routes, checked, and handed to what answers them.
#ifndef CONSOLE_DISPATCH_H
#define CONSOLE_DISPATCH_H

#include "webserver/web_server.h"

// Takes a request, and sees to it that it is answered; as `on_request` of a server.
void dispatch_request(struct web_request *request, void *arg);

#endif
