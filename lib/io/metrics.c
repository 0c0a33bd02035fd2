// SPDX-License-Identifier: BSD-2-Clause
#include "io/metrics.h"

#include "base/counter.h"
#include "base/log.h"
#include "io/listening_socket.h"
#include "io/loop.h"
#include "io/socket_address.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_S = 10, HEADERS_MAX = 8192, PAUSE_MS = 1000 };

struct metrics {
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct loop_timer resume;
    struct listening_socket socket;
    void (*refresh)(void *arg);
    void *arg;
};

// For the one callback to which libevent passes no argument; a process has one /metrics.
static struct metrics *serving;

static void on_request(struct evhttp_request *request, void *arg)
{
    const struct metrics *metrics = arg;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct evbuffer *body = evbuffer_new();
    // evhttp of libevent 2.1 would send the body after HEAD too.
    if (out && body && evhttp_request_get_command(request) != EVHTTP_REQ_HEAD) {
        if (metrics->refresh)
            metrics->refresh(metrics->arg);
        counter_print(out);
    }
    if (out)
        fclose(out);
    if (body && text && evbuffer_add(body, text, len) == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                          "text/plain; version=0.0.4; charset=utf-8");
        evhttp_send_reply(request, HTTP_OK, "OK", body);
    } else {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    }
    if (body)
        evbuffer_free(body);
    free(text);
}

// Out of descriptors: without a pause evhttp would try again at once and forever.
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg; // evhttp's own
    log_warn("cannot accept a connection for metrics: %s", strerror(EVUTIL_SOCKET_ERROR()));
    evconnlistener_disable(listener);
    loop_timer_set(&serving->resume, PAUSE_MS);
}

static void on_resume(void *arg)
{
    const struct metrics *metrics = arg;
    evconnlistener_enable(evhttp_bound_socket_get_listener(metrics->bound));
}

static bool open_http(struct metrics *metrics, struct event_base *base)
{
    metrics->http = evhttp_new(base);
    if (!metrics->http)
        return false;
    evhttp_set_timeout(metrics->http, TIMEOUT_S);
    evhttp_set_max_headers_size(metrics->http, HEADERS_MAX);
    evhttp_set_max_body_size(metrics->http, 0);
    evhttp_set_allowed_methods(metrics->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    if (evhttp_set_cb(metrics->http, "/metrics", on_request, metrics) != 0)
        return false;
    metrics->bound = evhttp_accept_socket_with_handle(metrics->http, metrics->socket.fd);
    if (!metrics->bound)
        return false;
    // evhttp closes it from now on.
    metrics->socket.fd = -1;
    struct evconnlistener *listener = evhttp_bound_socket_get_listener(metrics->bound);
    evconnlistener_set_error_cb(listener, on_accept_error);
    serving = metrics;
    return true;
}

bool metrics_address_check(const char *address, struct problem *problem)
{
    struct socket_address parsed;
    if (!socket_address_parse(address, &parsed, problem))
        return false;
    return socket_address_local(&parsed) ||
           problem_set(problem, "\"%s\" is no loopback address; \"127.0.0.1:9191\" would be one", address);
}

struct metrics *metrics_create(struct event_base *base, const char *address, void (*refresh)(void *arg),
                               void *arg, struct problem *problem)
{
    if (!metrics_address_check(address, problem))
        return NULL;
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    metrics->refresh = refresh;
    metrics->arg = arg;
    loop_timer_init(&metrics->resume, base, on_resume, metrics);
    if (!listening_socket_open(&metrics->socket, address, NULL, 0660, problem)) {
        metrics_destroy(metrics);
        return NULL;
    }
    if (!open_http(metrics, base)) {
        problem_set(problem, "cannot serve metrics on %s: out of memory", address);
        metrics_destroy(metrics);
        return NULL;
    }
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    if (metrics->http)
        evhttp_free(metrics->http);
    loop_timer_finish(&metrics->resume);
    listening_socket_close(&metrics->socket);
    free(metrics);
}
