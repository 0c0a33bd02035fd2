// SPDX-License-Identifier: BSD-2-Clause
#include "io/metrics.h"

#include "base/counter.h"
#include "base/log.h"
#include "io/http_accept.h"
#include "io/listening_socket.h"
#include "io/process_stats.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_S = 10, HEADERS_MAX = 8192, PAUSE_MS = 1000 };

struct metrics {
    struct evhttp *http;
    struct http_accept accept;
    struct listening_socket socket;
    void (*refresh)(void);
};

static char health[] = "ok\n";
static char start_page[] = "/metrics: metrics for Prometheus\n/health: ok while this process serves\n";

static void reply(struct evhttp_request *request, const char *type, const char *text, size_t len)
{
    struct evbuffer *body = evbuffer_new();
    // evhttp of libevent 2.1 would send the body after HEAD too.
    const bool has_body = evhttp_request_get_command(request) != EVHTTP_REQ_HEAD;
    if (body && text && (!has_body || evbuffer_add(body, text, len) == 0)) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
        evhttp_send_reply(request, HTTP_OK, "OK", body);
    } else {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    }
    if (body)
        evbuffer_free(body);
}

static void on_metrics(struct evhttp_request *request, void *arg)
{
    const struct metrics *metrics = arg;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out && evhttp_request_get_command(request) != EVHTTP_REQ_HEAD) {
        if (metrics->refresh)
            metrics->refresh();
        process_stats_refresh();
        counter_print(out);
    }
    if (out)
        fclose(out);
    reply(request, "text/plain; version=0.0.4; charset=utf-8", text, len);
    free(text);
}

static void on_text(struct evhttp_request *request, void *arg)
{
    reply(request, "text/plain; charset=utf-8", arg, strlen(arg));
}

static void on_accept_error(const char *why)
{
    log_warn("cannot accept a connection for metrics: %s", why);
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
    if (evhttp_set_cb(metrics->http, "/metrics", on_metrics, metrics) != 0 ||
        evhttp_set_cb(metrics->http, "/health", on_text, health) != 0 ||
        evhttp_set_cb(metrics->http, "/", on_text, start_page) != 0)
        return false;
    return http_accept_start(&metrics->accept, base, metrics->http, &metrics->socket, PAUSE_MS,
                             on_accept_error);
}

struct metrics *metrics_create(struct event_base *base, const struct metrics_spec *spec,
                               struct problem *problem)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    metrics->refresh = spec->refresh;
    const struct listening_socket_spec socket = {
        .address = spec->address, .mode = 0660, .owner = spec->owner};
    if (!listening_socket_open(&metrics->socket, &socket, problem)) {
        metrics_destroy(metrics);
        return NULL;
    }
    if (!open_http(metrics, base)) {
        problem_set(problem, "cannot serve metrics on %s: out of memory", spec->address);
        metrics_destroy(metrics);
        return NULL;
    }
    process_stats_register();
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    http_accept_finish(&metrics->accept);
    if (metrics->http)
        evhttp_free(metrics->http);
    listening_socket_close(&metrics->socket);
    free(metrics);
}
