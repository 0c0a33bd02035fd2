// SPDX-License-Identifier: BSD-2-Clause
#include "policyd/login_service.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/fault.h"
#include "base/log_line.h"
#include "base/network_list.h"
#include "io/http_accept.h"
#include "io/listening_socket.h"
#include "policyd/logins/login_guard.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

enum {
    IDLE_S = 60, // Dovecot drops an idle connection after 10 s; it is to be the one that does
    HEADERS_MAX = 8192,
    BODY_MAX = 8192,
    ANSWER_MAX = 160,
    PAUSE_MS = 100
};

#define KEY_HEADER "X-Emailgency-Key"
#define REFUSAL "Too many failed log-ins; try again later"

enum { NO_KEY, BAD_REQUEST, NO_CONNECTION, LOGIN_FAULTS };

static struct evhttp *http;
static struct http_accept connections;
static struct listening_socket opened = {.fd = -1};
static struct login_guard *guard;

static struct counter attempts[LOGIN_REASONS];
static struct counter successes = {.name = "emailgency_policyd_login_successes_total",
                                   .help = "Log-ins that Dovecot reported as successful."};
static struct fault faults[LOGIN_FAULTS] = {
    [NO_KEY] = {.name = "login-key",
                .text = "a question about a log-in without the right key, which was not answered",
                .advice = "run make-login-key (docs/install.md) and restart Dovecot and policyd"},
    [BAD_REQUEST] = {.name = "login-request",
                     .text = "malformed question about a log-in, which Dovecot allows",
                     .advice = "take auth_policy_request_attributes from packaging/dovecot"},
    [NO_CONNECTION] = {.name = "login-connection",
                       .text = "cannot accept a connection of Dovecot, which allows the log-in",
                       .advice = "see which process has very many connections to login_listen (ss -tp)"},
};

static void answer(struct evhttp_request *request, int code, const char *text)
{
    struct evbuffer *body = evbuffer_new();
    if (body && evbuffer_add(body, text, strlen(text)) == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
        evhttp_send_reply(request, code, NULL, body);
    } else {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    }
    if (body)
        evbuffer_free(body);
}

static void answer_verdict(struct evhttp_request *request, const struct login_verdict *verdict)
{
    char text[ANSWER_MAX] = "{\"status\":-1,\"msg\":\"" REFUSAL "\"}";
    if (verdict->reason == LOGIN_ALLOWED || verdict->reason == LOGIN_DELAYED)
        (void)snprintf(text, sizeof text, "{\"status\":%u}", verdict->delay);
    answer(request, HTTP_OK, text);
}

static void log_refusal(const struct login_attempt *attempt, const struct login_verdict *verdict)
{
    struct log_line line;
    char client[CIDR_TEXT_MAX];
    ip_format(&attempt->client, client);
    log_line_begin(&line);
    log_line_put(&line, "action", SLICE("refuse-login"));
    log_line_put(&line, "reason", slice_from(login_reason_word(verdict->reason)));
    log_line_put(&line, "login", slice_from(attempt->address));
    log_line_put(&line, "client", slice_from(client));
    log_line_write(&line, LOG_LEVEL_INFO);
}

static struct login_limits limits_now(void)
{
    return (struct login_limits){.wrong_passwords = (unsigned)policyd_conf.login.wrong_passwords,
                                 .network_failures = (unsigned)policyd_conf.login.network_failures,
                                 .address_failures = (unsigned)policyd_conf.login.address_failures,
                                 .window = policyd_conf.login.window};
}

static bool is_exempt(const struct login_attempt *attempt)
{
    return !attempt->has_client ||
           network_list_has(slice_from(policyd_conf.login.exempt_networks), &attempt->client);
}

static void on_ask(struct evhttp_request *request, const struct login_attempt *attempt)
{
    struct login_verdict verdict = {.reason = LOGIN_ALLOWED};
    const struct login_limits limits = limits_now();
    if (!is_exempt(attempt))
        verdict = login_guard_check(guard, &limits, attempt, clock_mono_s());
    counter_add(&attempts[verdict.reason], 1);
    if (verdict.first)
        log_refusal(attempt, &verdict);
    answer_verdict(request, &verdict);
}

static void on_report(struct evhttp_request *request, const struct login_attempt *attempt)
{
    const struct login_limits limits = limits_now();
    if (attempt->successful) {
        counter_add(&successes, 1);
        if (!is_exempt(attempt))
            login_guard_success(guard, &limits, attempt, clock_mono_s());
    }
    answer(request, HTTP_OK, "{\"status\":0}");
}

static bool has_key(struct evhttp_request *request)
{
    const char *given = evhttp_find_header(evhttp_request_get_input_headers(request), KEY_HEADER);
    return given && strcmp(given, policyd_conf.login.key.value) == 0;
}

// The value of `command` in the query: "allow" or "report".
static bool is_report(struct evhttp_request *request)
{
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    return query && strcmp(query, "command=report") == 0;
}

static void on_request(struct evhttp_request *request, void *arg)
{
    (void)arg; // the tables are the process's
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    const size_t len = evbuffer_get_length(body);
    const char *text = len ? (const char *)evbuffer_pullup(body, -1) : NULL;
    struct login_attempt attempt;
    if (!has_key(request)) {
        fault_report(&faults[NO_KEY], NULL);
        answer(request, 403, "{}");
    } else if (!text || !login_request_parse(slice_make(text, len), &attempt)) {
        fault_report(&faults[BAD_REQUEST], NULL);
        answer(request, HTTP_BADREQUEST, "{}");
    } else if (is_report(request)) {
        on_report(request, &attempt);
    } else {
        on_ask(request, &attempt);
    }
}

static void on_accept_error(const char *why)
{
    fault_report(&faults[NO_CONNECTION], why);
}

static bool open_http(struct event_base *base)
{
    guard = login_guard_create((size_t)policyd_conf.login.cache);
    http = evhttp_new(base);
    if (!guard || !http)
        return false;
    evhttp_set_timeout(http, IDLE_S);
    evhttp_set_max_headers_size(http, HEADERS_MAX);
    evhttp_set_max_body_size(http, BODY_MAX);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_POST);
    evhttp_set_gencb(http, on_request, NULL);
    return http_accept_start(&connections, base, http, &opened, PAUSE_MS, on_accept_error);
}

bool login_service_start(struct event_base *base, struct problem *problem)
{
    const struct listening_socket_spec socket = {.address = policyd_conf.login.listen, .mode = 0600};
    if (!*policyd_conf.login.key.value)
        return true;
    if (!listening_socket_open(&opened, &socket, problem))
        return false;
    if (!open_http(base))
        return problem_set(problem, "cannot serve log-ins on %s: out of memory", policyd_conf.login.listen);
    counter_family_register(&(struct counter_family){.name = "emailgency_policyd_logins_total",
                                                     .help = "Attempts to log in, by the decision on them.",
                                                     .label = "decision",
                                                     .word = login_reason_word,
                                                     .count = LOGIN_REASONS,
                                                     .counters = attempts});
    counter_register(&successes);
    fault_register(faults, LOGIN_FAULTS, "emailgency_policyd_errors_total");
    return true;
}

void login_service_finish(void)
{
    http_accept_finish(&connections);
    if (http)
        evhttp_free(http);
    http = NULL;
    listening_socket_close(&opened);
    login_guard_destroy(guard);
    guard = NULL;
}
