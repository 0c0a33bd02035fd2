// SPDX-License-Identifier: BSD-2-Clause
// HTTP requests in, answers out, over one listening socket, which is to be a Unix socket after nginx:
// libevent's evhttp parses, and nothing but web_server.c and web_connections.c sees it. Headers of at most 8
// KB, bodies of at most 256 KB; a request must have arrived, and an answer must have been taken, within 30 s.
// What is no request is answered with 400, 413 or a close.
#ifndef WEBSERVER_WEB_SERVER_H
#define WEBSERVER_WEB_SERVER_H

#include "base/problem.h"
#include "base/slice.h"

#include <event2/event.h>
#include <sys/types.h>

enum { WEB_BODY_MAX = 262144, WEB_ANSWER_COOKIES = 2 };

enum web_method { WEB_GET, WEB_HEAD, WEB_POST, WEB_OTHER_METHOD };

// A request as a client sent it; valid until it is answered. Headers that are missing have a NULL `ptr`.
struct web_request {
    enum web_method method;
    struct slice path, query; // as sent, percent-encoded; `path` begins with "/"
    struct slice body;
    struct slice cookie, origin, fetch_site, content_type, accept_language, agent;
    struct slice host;   // Host: what the client asked, with a port perhaps; of no authority
    struct slice htmx;   // HX-Request: "true" where htmx asks for a part of a page
    struct slice client; // X-Forwarded-For: the address of nginx's client
};

struct web_answer {
    int status;
    struct slice body;
    const char *type;                        // NULL: text/html; charset=utf-8
    const char *location;                    // of a redirect; NULL: none
    const char *policy;                      // Content-Security-Policy; NULL: web_policy
    const char *allow;                       // methods; NULL: not sent
    unsigned retry_after;                    // seconds; 0: not sent
    const char *cookies[WEB_ANSWER_COOKIES]; // Set-Cookie; NULL: none
};

struct web_server;

struct web_server_spec {
    const char *address; // as in io/listener.h
    const char *group;   // of a Unix socket; "" leaves it
    mode_t mode;         // of a Unix socket
    uid_t owner;         // of a Unix socket that root makes
    unsigned connections_max;
    // Called from the loop. It answers with web_answer_send(), at once or later.
    void (*on_request)(struct web_request *request, void *arg);
    void (*on_accept_error)(const char *why);
    void *arg;
};

// Returns NULL with a human-readable message in `problem`. One per process.
struct web_server *web_server_create(struct event_base *base, const struct web_server_spec *spec,
                                     struct problem *problem);

// All requests must have been answered. NULL is allowed.
void web_server_destroy(struct web_server *server);

// Answers a request, which ends with it; all of `answer` is copied. A HEAD gets no body. The headers of
// web_headers.h go with it.
void web_answer_send(struct web_request *request, const struct web_answer *answer);

// Accepts no further connection. Calls `done` from the loop when all requests are answered and all answers
// taken.
void web_server_drain(struct web_server *server, void (*done)(void));

#endif
