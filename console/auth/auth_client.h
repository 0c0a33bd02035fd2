// SPDX-License-Identifier: BSD-2-Clause
// Requests to emailgency-console-auth, which checks passwords and second factors and opens sessions: a JSON
// object each way, as a netstring, over a connection of its own (docs/protocols.md).
#ifndef CONSOLE_AUTH_AUTH_CLIENT_H
#define CONSOLE_AUTH_AUTH_CLIENT_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>

enum {
    AUTH_CLIENT_SIZE_MAX = 16384,  // bytes of an object
    AUTH_CLIENT_PENDING_MAX = 256, // requests that wait for their reply
    AUTH_CLIENT_NETWORK_MAX = 16,  // of them, of one client network (cidr_of_client())
    AUTH_CLIENT_WITHIN_S = 20      // a password is hashed after those that came before
};

struct auth_client;

// `path` is that of its Unix socket, and must outlive the client. Out of memory ends the process.
struct auth_client *auth_client_create(struct event_base *base, const char *path);

// Requests that wait get no reply: NULL, before it returns. NULL is allowed.
void auth_client_destroy(struct auth_client *client);

// Sends a request, which stays the caller's. `on_reply` is called once, from the loop, with the object of the
// reply, which lives until it returns; NULL: there is none, which was logged. If too many wait, of all or of
// the network of the request's field "from", the reply is a refusal with the reason "busy".
void auth_client_send(struct auth_client *client, const json_t *request,
                      void (*on_reply)(const json_t *reply, void *arg), void *arg);

#endif
