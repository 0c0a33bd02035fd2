// SPDX-License-Identifier: BSD-2-Clause
#include "console/auth_flow.h"

#include "base/hex.h"
#include "console/assistant_flow.h"
#include "console/console_metrics.h"
#include "console/console_services.h"
#include "console/page_flow.h"
#include "console/visit_answer.h"
#include "web/web_decode.h"
#include "web/web_location.h"
#include "web/web_path.h"

enum { AGENT_MAX = 300, TICKET_SIZE = 64 };

// Bytes that emailgency-console-auth takes; it closes the connection of a request that has more.
static const struct {
    const char *name;
    size_t max;
} bounds[] = {{"login", 320}, {"address", 320},       {"password", 512}, {"current", 512},
              {"new", 512},   {"captcha", 8000},      {"code", 64},      {"for", 32},
              {"token", 80},  {"ticket", TICKET_SIZE}};

static bool is_verb(const struct visit *visit, const char *verb)
{
    return strcmp(visit->route->verb, verb) == 0;
}

static const char *text_of(const json_t *reply, const char *name)
{
    const char *text = json_string_value(json_object_get(reply, name));
    return text ? text : "";
}

// A part of the path, or a field of the form. A browser without JavaScript proves by a ticket that it has
// waited.
static struct slice field_of(const struct visit *visit, const char *name)
{
    const struct slice part = web_form_get(&visit->parts, name);
    const struct slice field = web_form_get(&visit->fields, name);
    if (strcmp(name, "captcha") == 0 && field.len == 0)
        return web_form_get(&visit->fields, "captcha_ticket");
    return part.ptr ? part : field;
}

static bool fits(const char *name, struct slice value)
{
    if (strcmp(name, "captcha") != 0 && value.len == 0)
        return false;
    if (strcmp(name, "ticket") == 0 && !hex_is_digits(value, TICKET_SIZE))
        return false;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(name, bounds[i].name) == 0)
            return value.len <= bounds[i].max;
    return false;
}

// Adds the fields that the route names. Returns false if one is missing or too long.
static bool add_fields(const struct visit *visit, json_t *request)
{
    char name[WEB_FIELD_NAME_MAX];
    struct slice names = slice_from(visit->route->fields);
    while (names.len > 0) {
        struct slice word, source;
        (void)slice_split(names, ' ', &word, &names);
        if (!slice_split(word, ':', &word, &source))
            source = word;
        const bool is_name = slice_copy(source, name, sizeof name);
        const struct slice value = field_of(visit, name);
        if (!is_name || !slice_copy(word, name, sizeof name) || !fits(name, value))
            return false;
        if (value.len > 0)
            json_object_set_new(request, name, json_stringn(value.ptr, value.len));
    }
    return true;
}

// NULL if a field is missing or too long.
static json_t *make_request(const struct visit *visit)
{
    struct slice agent = visit->request->agent;
    agent.len = agent.len < AGENT_MAX ? agent.len : AGENT_MAX;
    if (!agent.ptr || !web_is_text(agent))
        agent = SLICE("unknown");
    json_t *request = json_pack("{s:s, s:s, s:s%}", "do", visit->route->verb, "from", visit->client, "agent",
                                agent.ptr, agent.len);
    if (visit->route->role != ROUTE_PUBLIC)
        json_object_set_new(request, "session", json_string(visit->session));
    if (add_fields(visit, request))
        return request;
    json_decref(request);
    return NULL;
}

static void set_view(struct visit *visit, json_t *view)
{
    json_decref(visit->view);
    visit->view = view;
}

static void redirect_after(struct visit *visit)
{
    const struct console_route *route = visit->route;
    const struct slice next = page_flow_next(visit);
    char location[VISIT_PATH_MAX + WEB_FIELD_NAME_MAX];
    if (route->then && next.ptr && strcmp(route->then, "/") == 0)
        (void)slice_copy(next, visit->location, sizeof visit->location);
    else if (!web_path_make(route->then ? route->then : route->again, &visit->parts, visit->location,
                            sizeof visit->location))
        (void)slice_copy(SLICE("/"), visit->location, sizeof visit->location);
    const bool is_done = route->done && web_location_add(slice_from(visit->location), "done",
                                                         slice_from(route->done), location, sizeof location);
    visit_answer_redirect(visit, is_done ? location : visit->location);
}

// Adds what an app reads from `uri`: by its camera, or typed in.
static void add_secret(json_t *view, const char *uri)
{
    char groups[100] = "";
    const char *secret = strstr(uri, "secret=");
    size_t len = 0;
    json_object_set_new(view, "qr_text", json_string(uri));
    if (!secret)
        return;
    secret += sizeof "secret=" - 1;
    for (size_t i = 0; secret[i] && secret[i] != '&' && len + 2 < sizeof groups; i++) {
        if (i > 0 && i % 4 == 0)
            groups[len++] = ' ';
        groups[len++] = secret[i];
    }
    json_object_set_new(view, "secret", json_stringn(groups, len));
}

static void show_reply(struct visit *visit, const json_t *reply)
{
    json_t *view = visit->route->call ? json_incref(visit->view) : json_object();
    json_object_update(view, (json_t *)reply);
    json_object_set_new(view, is_verb(visit, "token") ? "is_valid" : "sent", json_true());
    if (*text_of(reply, "uri"))
        add_secret(view, text_of(reply, "uri"));
    set_view(visit, view);
    visit_answer_page(visit, 200, visit->route->page, visit->route->section);
}

static void succeed(struct visit *visit, const json_t *reply)
{
    const struct slice session = slice_from(text_of(reply, "session"));
    if (hex_is_digits(session, VISIT_SECRET_SIZE))
        (void)slice_copy(session, visit->new_session, sizeof visit->new_session);
    if (is_verb(visit, "challenge"))
        visit_answer_json(visit, 200, json_object_get(reply, "challenge"));
    else if (visit->route->call && is_verb(visit, "prove"))
        assistant_flow_begin(visit);
    else if (visit->route->page)
        show_reply(visit, reply);
    else if (*text_of(reply, "second_factor"))
        visit_answer_redirect(visit, "/account"); // one is required, and is to be set up
    else
        redirect_after(visit);
}

static void ask_second(struct visit *visit, struct slice ticket, int status)
{
    set_view(visit, page_flow_form(visit));
    json_object_set_new(visit->view, "ticket", json_stringn(ticket.ptr ? ticket.ptr : "", ticket.len));
    visit_answer_page(visit, status, "second", NULL);
}

static void ask_captcha(struct visit *visit, const json_t *reply)
{
    // Its cost is that of this login; /captcha/challenge knows the network alone.
    char *challenge = json_dumps(json_object_get(reply, "challenge"), JSON_COMPACT);
    set_view(visit, page_flow_form(visit));
    json_object_set_new(visit->view, "captcha",
                        json_pack("{s:s, s:s, s:s*}", "for", visit->route->verb, "ticket",
                                  text_of(reply, "wait"), "challenge", challenge));
    free(challenge);
    page_flow_again(visit);
}

// False where the password is set by a code that was typed.
static bool has_link(const struct visit *visit)
{
    return web_form_get(&visit->parts, "token").ptr != NULL;
}

static void refuse_expired(struct visit *visit)
{
    if (!is_verb(visit, "token") && !is_verb(visit, "set-password")) {
        page_flow_again(visit);
        return;
    }
    if (!has_link(visit)) {
        visit_set_fault(visit, "This code is wrong, or no longer valid. Ask for a new one.");
        page_flow_again(visit);
        return;
    }
    set_view(visit, json_pack("{s:b}", "is_valid", 0));
    visit_set_fault(visit, NULL); // the page says it
    visit_answer_page(visit, is_verb(visit, "token") ? 200 : 422, "set_password", NULL);
}

static void show_password_form(struct visit *visit)
{
    set_view(visit, json_pack("{s:b, s:{}}", "is_valid", 1, "form"));
    visit_answer_page(visit, 422, "set_password", NULL);
}

static void refuse(struct visit *visit, const json_t *reply)
{
    const char *reason = text_of(reply, "reason");
    if (strcmp(reason, "second") != 0)
        visit_set_fault(visit, text_of(reply, "text"));
    if (strcmp(reason, "ended") == 0)
        visit_answer_login(visit);
    else if (strcmp(reason, "busy") == 0)
        visit_answer_busy(visit);
    else if (strcmp(reason, "away") == 0)
        visit_answer_error(visit, 503);
    else if (strcmp(reason, "second") == 0)
        ask_second(visit, slice_from(text_of(reply, "ticket")), 200);
    else if (strcmp(reason, "captcha") == 0)
        ask_captcha(visit, reply);
    else if (strcmp(reason, "expired") == 0)
        refuse_expired(visit);
    else if (is_verb(visit, "second"))
        ask_second(visit, field_of(visit, "ticket"), 422);
    else if (is_verb(visit, "set-password") && has_link(visit))
        show_password_form(visit);
    else if (visit->route->again)
        page_flow_again(visit);
    else
        visit_answer_error(visit, 404);
}

static void on_reply(const json_t *reply, void *arg)
{
    struct visit *visit = arg;
    const bool is_ok = json_is_true(json_object_get(reply, "ok"));
    console_metrics_login(visit->route->verb, !reply ? "away" : is_ok ? "ok" : text_of(reply, "reason"));
    if (!reply)
        visit_answer_error(visit, 503);
    else if (is_ok)
        succeed(visit, reply);
    else
        refuse(visit, reply);
}

static void refuse_fields(struct visit *visit)
{
    visit_set_fault(visit, "Fill in each field. A password has at most 512 characters.");
    if (visit->route->method == ROUTE_GET)
        visit_answer_error(visit, 404);
    else if (is_verb(visit, "set-password") && has_link(visit))
        show_password_form(visit);
    else
        page_flow_again(visit);
}

static void ask(struct visit *visit)
{
    json_t *request = make_request(visit);
    if (request)
        auth_client_send(console_services.auth, request, on_reply, visit);
    else
        refuse_fields(visit);
    json_decref(request);
}

static void on_facts(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    if (!visit_answer_refused(visit, rc, text))
        ask(visit);
}

void auth_flow_begin(struct visit *visit)
{
    if (visit->route->role == ROUTE_PUBLIC)
        ask(visit);
    else if (visit->route->call)
        visit_call_sent(visit, visit->route->call, on_facts);
    else
        visit_call(visit, NULL, NULL, on_facts);
}
