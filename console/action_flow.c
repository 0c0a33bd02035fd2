// SPDX-License-Identifier: BSD-2-Clause
#include "console/action_flow.h"

#include "base/clock.h"
#include "console/console_conf.h"
#include "console/console_services.h"
#include "console/page_flow.h"
#include "console/preview_flow.h"
#include "console/visit_answer.h"
#include "web/web_location.h"
#include "web/web_path.h"

#include <stdio.h>
#include <utlist.h>

#define NO_PAGE "there is no such page" // of sql/code: what the session does not see

enum { LOOK_AGAIN_MS = 150 }; // where no node says that it is further

static struct visit *waiting;

static void redirect(struct visit *visit)
{
    char location[VISIT_PATH_MAX + sizeof visit->edit + 8];
    const bool is_edit = *visit->edit && web_location_add(slice_from(visit->location), "saved",
                                                          slice_from(visit->edit), location, sizeof location);
    visit_answer_redirect(visit, is_edit ? location : visit->location);
}

static void look(void *arg);

// The outcome is not passed on: the page that is shown next looks itself.
static void on_look(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    json_t *answer = rc == CALL_DONE ? json_loads(text, 0, NULL) : NULL;
    const json_t *view = json_object_get(answer, "view");
    const bool waits = json_is_true(json_object_get(view, "waiting"));
    const int64_t left = visit->wait_until - clock_mono_ms();
    json_decref(answer);
    if (!waits || left <= 0) {
        redirect(visit);
        return;
    }
    DL_APPEND(waiting, visit);
    loop_timer_set(&visit->wait, left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS);
}

static void look(void *arg)
{
    struct visit *visit = arg;
    json_t *params = json_pack("{s:s}", "id", visit->edit);
    DL_DELETE(waiting, visit);
    loop_timer_stop(&visit->wait);
    visit_call(visit, "page_saved", params, on_look);
    json_decref(params);
}

void action_flow_node_reported(void)
{
    struct visit *visit, *next;
    DL_FOREACH_SAFE(waiting, visit, next)
    loop_timer_set(&visit->wait, 0);
}

void action_flow_end(void)
{
    while (waiting) {
        struct visit *visit = waiting;
        DL_DELETE(waiting, visit);
        redirect(visit);
    }
}

// The page that an action names, if it is one of this service; else that of its form.
static bool find_location(struct visit *visit)
{
    const char *named = json_string_value(json_object_get(visit->view, "location"));
    if (named && web_location_check(slice_from(named)))
        return slice_copy(slice_from(named), visit->location, sizeof visit->location);
    return web_path_make(visit->route->again, &visit->parts, visit->location, sizeof visit->location);
}

static void wait_for_nodes(struct visit *visit, json_int_t edit)
{
    (void)snprintf(visit->edit, sizeof visit->edit, "%lld", (long long)edit);
    visit->wait_until = clock_mono_ms() + console_conf.in_force_ms;
    loop_timer_init(&visit->wait, console_services.base, look, visit);
    DL_APPEND(waiting, visit);
    look(visit);
}

static void take_edit(struct visit *visit)
{
    const json_t *edit = json_object_get(visit->facts, "audit");
    if (!find_location(visit))
        visit_answer_error(visit, 500);
    else if (json_is_integer(edit))
        wait_for_nodes(visit, json_integer_value(edit));
    else
        redirect(visit);
}

// The page has what is shown once, so it does not wait for nodes, but says how far they are.
static void on_shown(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    json_t *answer = rc == CALL_DONE ? json_loads(text, 0, NULL) : NULL;
    if (json_is_object(json_object_get(answer, "view")))
        visit_set_saved(visit, json_object_get(answer, "view"));
    json_decref(answer);
    visit_answer_page(visit, 200, visit->route->page, visit->route->section);
}

static void show_page(struct visit *visit)
{
    const json_t *edit = json_object_get(visit->facts, "audit");
    if (!json_is_integer(edit)) {
        visit_answer_page(visit, 200, visit->route->page, visit->route->section);
        return;
    }
    (void)snprintf(visit->edit, sizeof visit->edit, "%lld", (long long)json_integer_value(edit));
    if (!web_path_make(visit->route->again, &visit->parts, visit->path, sizeof visit->path))
        (void)slice_copy(SLICE("/"), visit->path, sizeof visit->path);
    json_t *params = json_pack("{s:s}", "id", visit->edit);
    visit_call(visit, "page_saved", params, on_shown);
    json_decref(params);
}

// True if the row of an action is not there any more, but its page may be.
static bool is_gone(enum call_rc rc, const char *text)
{
    return rc == CALL_UNKNOWN && text && strcmp(text, NO_PAGE) != 0;
}

static void on_action(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    const struct console_route *route = visit->route;
    if (rc == CALL_FAULT || is_gone(rc, text)) {
        visit_set_fault(visit, text);
        page_flow_again(visit);
        return;
    }
    if (visit_answer_refused(visit, rc, text))
        return;
    if (route->page && !json_object_get(visit->view, "location")) {
        show_page(visit);
    } else {
        visit->cookie_ends = route->ends_session;
        take_edit(visit);
    }
}

static void on_previewed(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    if (visit_answer_refused(visit, rc, text))
        return;
    json_t *params = preview_flow_params(visit);
    if (params)
        visit_call(visit, visit->route->call, params, on_action);
    else
        visit_answer_error(visit, 500);
    json_decref(params);
}

void action_flow_begin(struct visit *visit)
{
    if (preview_flow_has(visit->route))
        visit_call_sent(visit, "page_report_mail", on_previewed);
    else
        visit_call_sent(visit, visit->route->call, on_action);
}
