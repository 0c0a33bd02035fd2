// SPDX-License-Identifier: BSD-2-Clause
#include "console/visit.h"

#include "base/clock.h"
#include "base/log_line.h"
#include "console/console_metrics.h"
#include "console/console_services.h"
#include "console/view/view_params.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static size_t held_bytes; // of all visits

struct visit *visit_create(struct web_request *request)
{
    const size_t size = request->path.len + request->query.len + request->body.len + 1;
    struct visit *visit = calloc(1, sizeof *visit);
    if (visit)
        visit->room = malloc(size);
    if (!visit || !visit->room) {
        free(visit);
        return NULL;
    }
    visit->request = request;
    visit->held = size;
    visit->begun_us = clock_mono_us();
    held_bytes += size;
    return visit;
}

bool visit_too_many(void)
{
    return held_bytes > VISIT_HELD_MAX;
}

static void log_edit(const struct visit *visit, int status)
{
    struct log_line line;
    log_line_begin(&line);
    log_line_put(&line, "action", slice_from(visit->route->verb ? visit->route->verb : visit->route->call));
    log_line_number(&line, "status", (uint64_t)status);
    log_line_put(&line, "login", slice_from(visit_fact(visit, "login")));
    log_line_put(&line, "client", slice_from(visit->client));
    // A path without a session may have a token in it.
    log_line_put(&line, "path",
                 slice_from(visit->route->role == ROUTE_PUBLIC ? visit->route->pattern : visit->path));
    log_line_put(&line, "edit", slice_from(visit->edit));
    log_line_write(&line, LOG_LEVEL_INFO);
}

void visit_end(struct visit *visit, int status)
{
    console_metrics_request(visit->route, status, clock_mono_us() - visit->begun_us);
    if (visit->route && visit->route->method == ROUTE_POST && visit->route->role != ROUTE_PROGRAM)
        log_edit(visit, status);
    held_bytes -= visit->held;
    loop_timer_finish(&visit->wait);
    json_decref(visit->facts);
    json_decref(visit->view);
    json_decref(visit->saved);
    free(visit->fault);
    OPENSSL_cleanse(visit->room, visit->held); // it may hold a password
    free(visit->room);
    OPENSSL_cleanse(visit, sizeof *visit);
    free(visit);
}

enum call_rc visit_take(struct visit *visit, enum call_rc rc, const char *text)
{
    if (rc != CALL_DONE)
        return rc;
    json_t *answer = json_loads(text, 0, NULL);
    json_t *view = json_incref(json_object_get(answer, "view"));
    json_decref(visit->facts);
    json_decref(visit->view);
    (void)json_object_del(answer, "view");
    visit->facts = answer;
    visit->view = view;
    if (*visit->session && !visit_fact(visit, "kind"))
        visit->cookie_ends = true;
    else if (*visit->session && visit_fact(visit, "login"))
        call_pool_know(console_services.pool, visit->session, visit_fact(visit, "login"));
    return json_is_object(answer) ? CALL_DONE : CALL_BROKEN;
}

const char *visit_fact(const struct visit *visit, const char *name)
{
    return json_string_value(json_object_get(visit->facts, name));
}

static bool is_slow(const struct visit *visit, const char *call)
{
    return visit->route && visit->route->slow && call == visit->route->call;
}

void visit_call(struct visit *visit, const char *call, const json_t *params,
                void (*on_result)(enum call_rc rc, const char *text, void *arg))
{
    char *text = params ? json_dumps(params, JSON_COMPACT) : NULL;
    call_pool_send(console_services.pool, &(struct call_spec){.secret = visit->session,
                                                              .call = call,
                                                              .params = text ? text : "{}",
                                                              .slow = is_slow(visit, call),
                                                              .on_result = on_result,
                                                              .arg = visit});
    free(text);
}

void visit_call_sent(struct visit *visit, const char *call,
                     void (*on_result)(enum call_rc rc, const char *text, void *arg))
{
    json_t *params = view_params(&visit->parts, &visit->fields);
    visit_call(visit, call, params, on_result);
    json_decref(params);
}

void visit_set_fault(struct visit *visit, const char *text)
{
    free(visit->fault);
    visit->fault = text ? strdup(text) : NULL;
}

void visit_set_saved(struct visit *visit, const json_t *view)
{
    unsigned long long looks = 0;
    (void)slice_number(web_form_get(&visit->fields, "n"), VISIT_LOOKS, &looks);
    json_decref(visit->saved);
    visit->saved = json_deep_copy(view);
    const bool waits = json_is_true(json_object_get(view, "waiting"));
    json_object_set_new(visit->saved, "is_pending", json_boolean(waits && looks < VISIT_LOOKS));
    json_object_set_new(visit->saved, "next", json_integer((json_int_t)looks + 1));
}

bool visit_may(const struct visit *visit)
{
    const char *kind = visit_fact(visit, "kind");
    switch (visit->route->role) {
    case ROUTE_PUBLIC:
        return true;
    case ROUTE_USER:
        return kind && strcmp(kind, "user") == 0;
    case ROUTE_ADMIN:
        return kind && strcmp(kind, "admin") == 0;
    default:
        return kind != NULL;
    }
}
