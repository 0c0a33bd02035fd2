// SPDX-License-Identifier: BSD-2-Clause
#include "console/page_flow.h"

#include "console/preview_flow.h"
#include "console/view/view_params.h"
#include "console/visit_answer.h"
#include "web/web_location.h"
#include "web/web_path.h"

#include <stdio.h>

struct slice page_flow_next(const struct visit *visit)
{
    const struct slice next = web_form_get(&visit->fields, "next");
    char room[VISIT_PATH_MAX];
    struct web_form parts = {.count = 0};
    const struct console_route *route = NULL;
    const bool is_page = next.len < sizeof room && web_location_check(next) &&
                         console_route_find(ROUTE_GET, next, room, &parts, &route) == ROUTE_FOUND &&
                         route->role != ROUTE_PUBLIC;
    return is_page ? next : slice_make(NULL, 0);
}

json_t *page_flow_form(const struct visit *visit)
{
    const struct slice next = page_flow_next(visit);
    json_t *form = json_pack("{s:{s:s, s:s, s:s, s:s, s:{}}}", "form", "login", "", "token", "", "domain", "",
                             "record", "", "mode");
    if (next.ptr)
        json_object_set_new(form, "next", json_stringn(next.ptr, next.len));
    return form;
}

static void show(struct visit *visit)
{
    const struct console_route *route = visit->route;
    if (!visit->view) {
        visit->view = page_flow_form(visit);
        if (!view_params_lay(json_object_get(visit->view, "form"), &visit->fields, false)) {
            visit_answer_error(visit, 500);
            return;
        }
    }
    visit_answer_page(visit, visit->fault ? 422 : 200, route->page, route->section);
}

static void on_saved(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    json_t *answer = rc == CALL_DONE ? json_loads(text, 0, NULL) : NULL;
    if (json_is_object(json_object_get(answer, "view")))
        visit_set_saved(visit, json_object_get(answer, "view"));
    json_decref(answer);
    show(visit);
}

// After an edit the address of its page names it.
static bool ask_saved(struct visit *visit)
{
    const struct slice edit = web_form_get(&visit->fields, "saved");
    if (edit.len == 0)
        return false;
    json_t *params = json_pack("{s:s%}", "id", edit.ptr, edit.len);
    visit_call(visit, "page_saved", params, on_saved);
    json_decref(params);
    return true;
}

static void on_page(enum call_rc rc, const char *text, void *arg);

// A search that is none: the page says why.
static void show_without_query(struct visit *visit, const char *fault)
{
    visit_set_fault(visit, fault);
    visit->fields.count = 0;
    visit_call_sent(visit, visit->route->call, on_page);
}

static void on_page(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    const struct console_route *route = visit->route;
    if (rc == CALL_FAULT && visit->fields.count > 0)
        show_without_query(visit, text);
    else if (rc == CALL_FAULT) // what was asked for cannot be there
        visit_answer_call(visit, CALL_UNKNOWN);
    else if (visit_answer_refused(visit, rc, text))
        return;
    else if (preview_flow_has(route))
        preview_flow_show(visit);
    else if (route->fragment)
        visit_answer_fragment(visit);
    else if (!ask_saved(visit))
        show(visit);
}

// "/" leads to the page that a session begins with.
static void on_home(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    char location[VISIT_PATH_MAX];
    struct web_form parts = {.count = 0};
    rc = visit_take(visit, rc, text);
    if (rc != CALL_DONE) {
        visit_answer_call(visit, rc);
        return;
    }
    const char *kind = visit_fact(visit, "kind");
    const json_t *domains = json_object_get(visit->facts, "domains");
    struct slice domain = web_form_get(&visit->fields, "domain");
    if (!domain.len && json_array_size(domains) == 1)
        domain = slice_from(json_string_value(json_array_get(domains, 0)));
    if (!kind)
        visit_answer_login(visit);
    else if (strcmp(kind, "user") == 0)
        visit_answer_redirect(visit, "/me");
    else if (domain.len && web_form_add(&parts, SLICE("d"), domain) &&
             web_path_make("/d/{d}", &parts, location, sizeof location))
        visit_answer_redirect(visit, location);
    else
        visit_call_sent(visit, visit->route->call, on_page);
}

void page_flow_begin(struct visit *visit)
{
    const struct console_route *route = visit->route;
    if (strcmp(route->pattern, "/") == 0)
        visit_call(visit, NULL, NULL, on_home);
    else if (route->call)
        visit_call_sent(visit, route->call, on_page);
    else if (*visit->session)
        visit_call(visit, NULL, NULL, on_page);
    else
        show(visit);
}

static void show_again(struct visit *visit)
{
    const struct console_route *page = console_route_page(visit->route->again);
    if (!visit->view)
        visit->view = page_flow_form(visit);
    const bool is_whole = strcmp(visit->route->pattern, page->pattern) == 0;
    if (view_params_lay(json_object_get(visit->view, "form"), &visit->fields, is_whole))
        visit_answer_page(visit, 422, page->page, page->section);
    else
        visit_answer_error(visit, 500);
}

static void on_again(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    rc = visit_take(visit, rc, text);
    if (rc != CALL_DONE)
        visit_answer_call(visit, rc);
    else if (visit->route->role != ROUTE_PUBLIC && !visit_fact(visit, "kind"))
        visit_answer_login(visit);
    else
        show_again(visit);
}

void page_flow_again(struct visit *visit)
{
    const struct console_route *page = console_route_page(visit->route->again);
    if (!web_path_make(page->pattern, &visit->parts, visit->path, sizeof visit->path)) {
        visit_answer_error(visit, 500);
    } else if (page->call) {
        json_decref(visit->view);
        visit->view = NULL;
        visit_call_sent(visit, page->call, on_again);
    } else {
        show_again(visit);
    }
}
