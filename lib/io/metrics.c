// SPDX-License-Identifier: BSD-2-Clause
#include "io/metrics.h"

#include "base/counter.h"
#include "io/listening_socket.h"
#include "io/socket_address.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>

enum { TIMEOUT_S = 10, HEADERS_MAX = 8192 };

struct metrics {
    struct evhttp *http;
    struct listening_socket socket;
    void (*refresh)(void *arg);
    void *arg;
};

static void on_request(struct evhttp_request *request, void *arg)
{
    const struct metrics *metrics = arg;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct evbuffer *body = evbuffer_new();
    if (out && body) {
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

static bool open_http(struct metrics *metrics, struct event_base *base)
{
    metrics->http = evhttp_new(base);
    if (!metrics->http)
        return false;
    evhttp_set_timeout(metrics->http, TIMEOUT_S);
    evhttp_set_max_headers_size(metrics->http, HEADERS_MAX);
    evhttp_set_max_body_size(metrics->http, 0);
    evhttp_set_allowed_methods(metrics->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    return evhttp_set_cb(metrics->http, "/metrics", on_request, metrics) == 0 &&
           evhttp_accept_socket(metrics->http, metrics->socket.fd) == 0;
}

static bool check_local(const char *address, char *problem, size_t size)
{
    struct socket_address parsed;
    if (!socket_address_parse(address, &parsed, problem, size))
        return false;
    if (socket_address_local(&parsed))
        return true;
    snprintf(problem, size, "\"%s\" is no loopback address; metrics = \"127.0.0.1:9191\" would be one",
             address);
    return false;
}

struct metrics *metrics_create(struct event_base *base, const char *address, void (*refresh)(void *arg),
                               void *arg, char *problem, size_t size)
{
    if (!check_local(address, problem, size))
        return NULL;
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) {
        snprintf(problem, size, "out of memory");
        return NULL;
    }
    metrics->refresh = refresh;
    metrics->arg = arg;
    if (!listening_socket_open(&metrics->socket, address, NULL, 0660, problem, size)) {
        metrics_destroy(metrics);
        return NULL;
    }
    if (!open_http(metrics, base)) {
        snprintf(problem, size, "cannot serve metrics on %s: out of memory", address);
        metrics_destroy(metrics);
        return NULL;
    }
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    if (metrics->http) {
        // evhttp closes the descriptor it was given.
        evhttp_free(metrics->http);
        metrics->socket.fd = -1;
    }
    listening_socket_close(&metrics->socket);
    free(metrics);
}
