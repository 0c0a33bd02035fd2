// SPDX-License-Identifier: BSD-2-Clause
// Stands between policyd and PostgreSQL on a Unix socket of its own, and loses answers.
#ifndef DATABASE_PROXY_H
#define DATABASE_PROXY_H

#include <event2/event.h>

struct proxy;

// `folder` is libpq's host; `server` the folder of the server's socket.
struct proxy *proxy_create(struct event_base *base, const char *folder, const char *server);
void proxy_destroy(struct proxy *proxy);

// The next answer of the server is swallowed, and then the connection ends; later ones are well.
void proxy_lose_next_answer(struct proxy *proxy);
unsigned proxy_lost(const struct proxy *proxy);

#endif
