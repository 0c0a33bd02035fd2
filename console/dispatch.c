// SPDX-License-Identifier: BSD-2-Clause
#include "console/dispatch.h"

#include "base/hex.h"
#include "console/action_flow.h"
#include "console/auth_flow.h"
#include "console/console_conf.h"
#include "console/console_services.h"
#include "console/mua_flow.h"
#include "console/page_flow.h"
#include "console/unsubscribe_flow.h"
#include "console/visit_answer.h"
#include "web/web_cookie.h"
#include "web/web_guard.h"
#include "web/web_key.h"

static void copy_secret(struct slice value, char out[CALL_SECRET_MAX])
{
    *out = '\0';
    if (hex_is_digits(value, VISIT_SECRET_SIZE))
        (void)slice_copy(value, out, CALL_SECRET_MAX);
}

static void read_client(struct slice header, char out[CIDR_TEXT_MAX])
{
    struct ip address;
    if (ip_parse(slice_trim(header), &address))
        ip_format(&address, out);
    else
        (void)slice_copy(SLICE("::"), out, CIDR_TEXT_MAX);
}

static bool key_is_of(const struct visit *visit, const char *secret_of_session)
{
    const struct slice key = web_form_get(&visit->fields, "form_key");
    const struct slice session = slice_from(secret_of_session);
    return session.len > 0 &&
           (web_key_check(console_services.secret, session, key) ||
            (*console_services.old_secret && web_key_check(console_services.old_secret, session, key)));
}

// A form of a public page may have been opened before the log-in.
static bool is_own_form(const struct visit *visit)
{
    const struct web_sender sender = {.origin = visit->request->origin,
                                      .fetch_site = visit->request->fetch_site,
                                      .content_type = visit->request->content_type};
    return web_guard_check(&sender, console_conf.public_url) == WEB_GUARD_PASSED &&
           (key_is_of(visit, visit->session) ||
            (visit->route->role == ROUTE_PUBLIC && key_is_of(visit, visit->before)));
}

static bool has_form(const struct visit *visit)
{
    return visit->request->method == WEB_POST && visit->route->role != ROUTE_PROGRAM &&
           visit->route->role != ROUTE_LINK;
}

static bool read_fields(struct visit *visit)
{
    const struct web_request *request = visit->request;
    char *room = visit->room + request->path.len;
    return web_form_parse(request->query, room, &visit->fields) &&
           (!has_form(visit) || web_form_parse(request->body, room + request->query.len, &visit->fields));
}

static void dispatch_route(struct visit *visit)
{
    const struct console_route *route = visit->route;
    if (route->role == ROUTE_PROGRAM)
        mua_flow_begin(visit);
    else if (route->role == ROUTE_LINK)
        unsubscribe_flow_begin(visit);
    else if (route->method == ROUTE_POST && !is_own_form(visit))
        visit_answer_error(visit, 403);
    else if (route->role != ROUTE_PUBLIC && !*visit->session)
        visit_answer_login(visit);
    else if (route->verb)
        auth_flow_begin(visit);
    else if (route->method == ROUTE_POST)
        action_flow_begin(visit);
    else
        page_flow_begin(visit);
}

static bool has_route(const struct visit *visit, enum route_method method)
{
    struct web_form parts = {.count = 0};
    const struct console_route *route;
    return console_route_find(method, visit->request->path, visit->room, &parts, &route) == ROUTE_FOUND;
}

static void find_route(struct visit *visit)
{
    const struct web_request *request = visit->request;
    const enum route_method method = request->method == WEB_POST ? ROUTE_POST : ROUTE_GET;
    const enum route_rc rc =
        console_route_find(method, request->path, visit->room, &visit->parts, &visit->route);
    if (rc == ROUTE_UNKNOWN)
        visit_answer_error(visit, 404);
    else if (rc == ROUTE_OTHER_METHOD || request->method == WEB_OTHER_METHOD)
        visit_answer_method(visit, has_route(visit, ROUTE_GET), has_route(visit, ROUTE_POST));
    else if (!read_fields(visit))
        visit_answer_error(visit, 400);
    else if (visit_too_many())
        visit_answer_error(visit, 503);
    else
        dispatch_route(visit);
}

void dispatch_request(struct web_request *request, void *arg)
{
    struct visit *visit = visit_create(request);
    (void)arg;
    if (!visit) {
        console_fault_report(FAULT_MEMORY, NULL);
        web_answer_send(request, &(struct web_answer){.status = 503, .retry_after = 10});
        return;
    }
    read_client(request->client, visit->client);
    copy_secret(web_cookie_find(request->cookie, VISIT_COOKIE), visit->session);
    copy_secret(web_cookie_find(request->cookie, VISIT_PRE_COOKIE), visit->before);
    if (!slice_copy(request->path, visit->path, sizeof visit->path))
        visit_answer_error(visit, 404);
    else
        find_route(visit);
}
