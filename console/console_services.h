// SPDX-License-Identifier: BSD-2-Clause
// Services that the requests of this process share.
#ifndef CONSOLE_CONSOLE_SERVICES_H
#define CONSOLE_CONSOLE_SERVICES_H

#include "console/auth/auth_client.h"
#include "console/pool/call_pool.h"
#include "template/template_set.h"
#include "webserver/web_server.h"

enum console_fault { FAULT_TEMPLATE, FAULT_MEMORY, FAULT_ACCEPT, CONSOLE_FAULTS };

struct console_services {
    struct event_base *base;
    struct call_pool *pool;
    struct auth_client *auth;
    struct template_set *templates;
    struct web_server *server;
    const char *secret, *old_secret; // of form keys; the latter "" for none
};

extern struct console_services console_services;

void console_fault_report(enum console_fault fault, const char *subject);

#endif
