// SPDX-License-Identifier: BSD-2-Clause
#include "webserver/web_server.h"

#include "io/http_accept.h"
#include "io/listening_socket.h"
#include "web/web_headers.h"
#include "webserver/web_connections.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>

enum { IDLE_S = 75, HEADERS_MAX = 8192, ACCEPT_PAUSE_MS = 100, PHASE_MAX_MS = 30000, DRAIN_MS = 50 };

struct web_server {
    struct web_server_spec spec;
    struct evhttp *http;
    struct http_accept accept;
    struct listening_socket socket;
    struct web_connections connections;
    struct loop_timer drain;
    void (*drained)(void);
};

struct held_request {
    struct web_request request; // first
    struct evhttp_request *http;
    struct web_server *server;
};

static struct slice header_of(struct evhttp_request *request, const char *name)
{
    return slice_from(evhttp_find_header(evhttp_request_get_input_headers(request), name));
}

static enum web_method method_of(const struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
        return WEB_GET;
    case EVHTTP_REQ_HEAD:
        return WEB_HEAD;
    case EVHTTP_REQ_POST:
        return WEB_POST;
    default:
        return WEB_OTHER_METHOD;
    }
}

static struct slice body_of(struct evhttp_request *request)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    return slice_make((const char *)evbuffer_pullup(input, -1), evbuffer_get_length(input));
}

static void read_request(struct evhttp_request *http, struct web_request *out)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
    const char *path = evhttp_uri_get_path(uri);
    *out = (struct web_request){.method = method_of(http),
                                .path = slice_from(path && *path ? path : "/"),
                                .query = slice_from(evhttp_uri_get_query(uri)),
                                .body = body_of(http),
                                .cookie = header_of(http, "Cookie"),
                                .origin = header_of(http, "Origin"),
                                .fetch_site = header_of(http, "Sec-Fetch-Site"),
                                .content_type = header_of(http, "Content-Type"),
                                .accept_language = header_of(http, "Accept-Language"),
                                .agent = header_of(http, "User-Agent"),
                                .host = header_of(http, "Host"),
                                .htmx = header_of(http, "HX-Request"),
                                .client = header_of(http, "X-Forwarded-For")};
}

static void on_sent(struct evhttp_request *http, void *arg)
{
    struct web_server *server = arg;
    web_connections_note(&server->connections, http, WEB_PHASE_READING);
}

static void on_request(struct evhttp_request *http, void *arg)
{
    struct web_server *server = arg;
    struct held_request *held = calloc(1, sizeof *held);
    if (!held) {
        evhttp_send_error(http, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    held->http = http;
    held->server = server;
    read_request(http, &held->request);
    web_connections_note(&server->connections, http, WEB_PHASE_HELD);
    evhttp_request_set_on_complete_cb(http, on_sent, server);
    server->spec.on_request(&held->request, server->spec.arg);
}

static void put_headers(struct evkeyvalq *out, const struct web_answer *answer)
{
    char text[32];
    for (const struct web_header *header = web_headers; header->name; header++)
        evhttp_add_header(out, header->name, header->value);
    evhttp_add_header(out, "Content-Security-Policy", answer->policy ? answer->policy : web_policy);
    evhttp_add_header(out, "Content-Type", answer->type ? answer->type : "text/html; charset=utf-8");
    if (answer->location)
        evhttp_add_header(out, "Location", answer->location);
    if (answer->allow)
        evhttp_add_header(out, "Allow", answer->allow);
    for (unsigned i = 0; i < WEB_ANSWER_COOKIES; i++)
        if (answer->cookies[i])
            evhttp_add_header(out, "Set-Cookie", answer->cookies[i]);
    if (answer->retry_after) {
        (void)snprintf(text, sizeof text, "%u", answer->retry_after);
        evhttp_add_header(out, "Retry-After", text);
    }
    // evhttp would count the bytes that it sends after HEAD.
    (void)snprintf(text, sizeof text, "%zu", answer->body.len);
    evhttp_add_header(out, "Content-Length", text);
}

void web_answer_send(struct web_request *request, const struct web_answer *answer)
{
    struct held_request *held = (struct held_request *)request;
    struct evhttp_request *http = held->http;
    struct evbuffer *body = evbuffer_new();
    web_connections_note(&held->server->connections, http, WEB_PHASE_WRITING);
    // evhttp of libevent 2.1 would send the body after HEAD too.
    if (body &&
        (request->method == WEB_HEAD || evbuffer_add(body, answer->body.ptr, answer->body.len) == 0)) {
        put_headers(evhttp_request_get_output_headers(http), answer);
        evhttp_send_reply(http, answer->status, web_status_phrase(answer->status), body);
    } else {
        evhttp_send_error(http, HTTP_INTERNAL, NULL);
    }
    if (body)
        evbuffer_free(body);
    free(held);
}

static bool open_http(struct web_server *server, struct event_base *base)
{
    server->http = evhttp_new(base);
    if (!server->http)
        return false;
    evhttp_set_timeout(server->http, IDLE_S);
    evhttp_set_max_headers_size(server->http, HEADERS_MAX);
    evhttp_set_max_body_size(server->http, WEB_BODY_MAX);
    // The others are refused by a page of this service.
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                                 EVHTTP_REQ_PATCH);
    evhttp_set_gencb(server->http, on_request, server);
    web_connections_init(&server->connections, base, server->http, &server->accept,
                         server->spec.connections_max, PHASE_MAX_MS);
    return http_accept_start(&server->accept, base, server->http, &server->socket, ACCEPT_PAUSE_MS,
                             server->spec.on_accept_error);
}

static void on_drain(void *arg)
{
    struct web_server *server = arg;
    if (web_connections_busy(&server->connections) == 0)
        server->drained();
    else
        loop_timer_set(&server->drain, DRAIN_MS);
}

struct web_server *web_server_create(struct event_base *base, const struct web_server_spec *spec,
                                     struct problem *problem)
{
    struct web_server *server = calloc(1, sizeof *server);
    if (!server) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    server->spec = *spec;
    const struct listening_socket_spec socket = {
        .address = spec->address, .group = spec->group, .mode = spec->mode, .owner = spec->owner};
    if (!listening_socket_open(&server->socket, &socket, problem)) {
        web_server_destroy(server);
        return NULL;
    }
    loop_timer_init(&server->drain, base, on_drain, server);
    if (!open_http(server, base)) {
        problem_set(problem, "cannot serve on %s: out of memory", spec->address);
        web_server_destroy(server);
        return NULL;
    }
    return server;
}

void web_server_destroy(struct web_server *server)
{
    if (!server)
        return;
    loop_timer_finish(&server->drain);
    web_connections_finish(&server->connections);
    http_accept_finish(&server->accept);
    if (server->http)
        evhttp_free(server->http);
    listening_socket_close(&server->socket);
    free(server);
}

void web_server_drain(struct web_server *server, void (*done)(void))
{
    server->drained = done;
    web_connections_close(&server->connections);
    loop_timer_set(&server->drain, 0);
}
