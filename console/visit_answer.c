// SPDX-License-Identifier: BSD-2-Clause
#include "console/visit_answer.h"

#include "base/hex.h"
#include "console/console_conf.h"
#include "console/console_services.h"
#include "console/page_fault.h"
#include "console/page_text.h"
#include "console/qr/qr_code.h"
#include "console/view/view_context.h"
#include "web/web_decode.h"
#include "web/web_key.h"
#include "web/web_location.h"
#include "web/web_path.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#define COOKIE_RULES "; Path=/; Secure; HttpOnly; SameSite=Lax"

enum { COOKIE_MAX = 200, RETRY_AWAY_S = 10, RETRY_BUSY_S = 3 };

struct answer_cookies {
    char session[COOKIE_MAX], before[COOKIE_MAX];
};

static void set_cookie(char out[COOKIE_MAX], const char *name, const char *value)
{
    (void)snprintf(out, COOKIE_MAX, "%s=%s" COOKIE_RULES "%s", name, value, *value ? "" : "; Max-Age=0");
}

// Cookies that go with every answer, where they have changed.
static void send_answer(struct visit *visit, struct web_answer *answer, struct answer_cookies *cookies)
{
    if (*visit->new_session)
        set_cookie(cookies->session, VISIT_COOKIE, visit->new_session);
    else if (visit->cookie_ends)
        set_cookie(cookies->session, VISIT_COOKIE, "");
    answer->cookies[0] = *cookies->session ? cookies->session : NULL;
    answer->cookies[1] = *cookies->before ? cookies->before : NULL;
    web_answer_send(visit->request, answer);
    visit_end(visit, answer->status);
}

// The key of the page's forms: of the session, or of a cookie that the page sets where there is none.
static void make_key(struct visit *visit, struct answer_cookies *cookies, char key[WEB_KEY_TEXT_MAX])
{
    unsigned char bytes[WEB_KEY_SIZE], mask[WEB_KEY_SIZE];
    const char *own = *visit->new_session ? visit->new_session : visit->session;
    const char *session = visit_fact(visit, "kind") ? own : visit->before;
    *key = '\0';
    if (RAND_bytes(bytes, sizeof bytes) != 1 || RAND_bytes(mask, sizeof mask) != 1)
        return; // forms of the page are refused
    if (!*session) {
        hex_write(bytes, sizeof bytes, visit->before);
        set_cookie(cookies->before, VISIT_PRE_COOKIE, visit->before);
    }
    web_key_make(console_services.secret, slice_from(session), mask, key);
}

// The word of what was done before the page was asked for. A link from elsewhere has none: its page would
// confirm a new password that nobody set.
static struct slice done_of(const struct visit *visit)
{
    const struct slice done = web_form_get(&visit->fields, "done"), site = visit->request->fetch_site;
    const bool is_page = visit->route && visit->route->method == ROUTE_GET && !visit->fault;
    const bool is_own = !site.ptr || slice_equal(site, SLICE("same-origin"));
    return is_page && is_own && web_is_text(done) ? done : slice_make(NULL, 0);
}

static json_t *context_of(struct visit *visit, const char *language, const char *key, const char *section)
{
    char domain[WEB_PART_MAX + 1] = "";
    const struct slice part = web_form_get(&visit->parts, "d");
    const bool has_domain = part.ptr && visit->view && slice_copy(part, domain, sizeof domain);
    json_t *saved = visit->saved;
    char *fault = visit->fault ? page_fault_text(visit->fault) : NULL;
    visit->saved = NULL;
    json_t *context = view_context_make(&(struct view_context){
        .facts = visit->facts,
        .language = language,
        .path = visit->path,
        .form_key = key,
        .domain = has_domain ? domain : NULL,
        .section = section,
        .fault = fault,
        .done = done_of(visit),
        .is_unknown = *visit->session && !visit->facts && !visit->cookie_ends,
        .saved = saved,
        .public_url = console_conf.public_url,
        .webmail_url = console_conf.webmail_url,
    });
    free(fault);
    return context;
}

static unsigned retry_after(int status)
{
    return status == 503 ? RETRY_AWAY_S : 0;
}

// A view that has `qr_text` gets its picture.
static void add_qr(json_t *view)
{
    const char *text = json_string_value(json_object_get(view, "qr_text"));
    struct qr_code code;
    if (!text || !qr_code_make(text, &code))
        return;
    json_object_set_new(view, "qr", json_pack("{s:i, s:s}", "size", (int)code.size, "path", code.path));
    qr_code_finish(&code);
}

static void send_page(struct visit *visit, int status, const char *page, const char *section,
                      const char *allow)
{
    char language[VIEW_LANGUAGE_MAX], key[WEB_KEY_TEXT_MAX];
    struct answer_cookies cookies = {"", ""};
    struct template_output output = {0};
    json_t *view = visit->view ? json_incref(visit->view) : json_object();
    view_language(visit->facts, visit->request->accept_language, language);
    page_text_language(language);
    make_key(visit, &cookies, key);
    page_fault_translate(view);
    add_qr(view);
    json_object_set_new(view, "c", context_of(visit, language, key, section));
    const enum template_rc rc =
        template_set_render(console_services.templates, page, view, page_text_translator(), &output);
    json_decref(view);
    struct web_answer answer = {.status = status,
                                .body = slice_make(output.text, output.len),
                                .allow = allow,
                                .retry_after = retry_after(status)};
    if (rc != TEMPLATE_DONE) {
        char subject[200];
        (void)snprintf(subject, sizeof subject, "template=%s reason=\"%s\"", page, template_set_fault(rc));
        console_fault_report(FAULT_TEMPLATE, subject);
        answer.status = 500;
        answer.type = "text/plain; charset=utf-8";
        answer.body = SLICE("This page has a fault, which the operator finds in the log. Your mail flows.\n");
    }
    send_answer(visit, &answer, &cookies);
    template_output_finish(&output);
}

void visit_answer_page(struct visit *visit, int status, const char *page, const char *section)
{
    send_page(visit, status, page, section, NULL);
}

void visit_answer_fragment(struct visit *visit)
{
    const struct console_route *route = visit->route;
    const bool is_asked = slice_equal(visit->request->htmx, SLICE("true"));
    visit_set_saved(visit, visit->view);
    send_page(visit, 200, is_asked ? route->fragment : route->page, NULL, NULL);
}

void visit_answer_redirect(struct visit *visit, const char *location)
{
    struct answer_cookies cookies = {"", ""};
    struct web_answer answer = {.status = 303, .location = location};
    send_answer(visit, &answer, &cookies);
}

// A form that was filled in is shown again with what was filled in: by its page, after the log-in.
void visit_answer_login(struct visit *visit)
{
    char location[3 * VISIT_PATH_MAX + 32];
    const bool is_page = visit->route->method == ROUTE_GET && strcmp(visit->path, "/") != 0;
    if (visit->route->method == ROUTE_POST) {
        visit_set_fault(visit, "Your session has ended. Log in again; nothing was changed.");
        visit_answer_page(visit, 403, "login", NULL);
        return;
    }
    const bool has_next = is_page && web_location_add(SLICE("/login"), "next", slice_from(visit->path),
                                                      location, sizeof location);
    visit_answer_redirect(visit, has_next ? location : "/login");
}

static void send_error(struct visit *visit, int status, const char *kind, const char *allow)
{
    json_decref(visit->view);
    visit->view = json_pack("{s:{s:b}}", "error", kind, 1);
    visit->parts.count = 0; // no page of a domain
    send_page(visit, status, "error", NULL, allow);
}

static void on_facts(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    rc = visit_take(visit, rc, text);
    (void)rc; // without the facts the page does not say whether somebody is logged in
    send_error(visit, visit->error_status, visit->error_kind, visit->error_allow);
}

// A reader who is logged in sees so, if the database answers.
static void answer_error(struct visit *visit, int status, const char *kind, const char *allow)
{
    if (status == 503 || !*visit->session || visit->facts) {
        send_error(visit, status, kind, allow);
        return;
    }
    visit->error_status = status;
    visit->error_kind = kind;
    visit->error_allow = allow;
    visit_call(visit, NULL, NULL, on_facts);
}

void visit_answer_error(struct visit *visit, int status)
{
    const char *kind = status == 400   ? "large"
                       : status == 403 ? "forbidden"
                       : status == 404 ? "not_found"
                       : status == 503 ? "away"
                                       : "broken";
    answer_error(visit, status, kind, NULL);
}

void visit_answer_busy(struct visit *visit)
{
    send_error(visit, 503, "busy", NULL);
}

void visit_answer_method(struct visit *visit, bool get, bool post)
{
    answer_error(visit, 405, "method", get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST");
}

void visit_answer_call(struct visit *visit, enum call_rc rc)
{
    switch (rc) {
    case CALL_UNKNOWN:
        visit_answer_error(visit, 404);
        return;
    case CALL_BUSY:
        visit_answer_busy(visit);
        return;
    case CALL_AWAY:
        visit_answer_error(visit, 503);
        return;
    default:
        visit_answer_error(visit, 500);
    }
}

bool visit_answer_refused(struct visit *visit, enum call_rc rc, const char *text)
{
    rc = visit_take(visit, rc, text);
    if (rc != CALL_DONE)
        visit_answer_call(visit, rc);
    else if (visit->route->role != ROUTE_PUBLIC && !visit_fact(visit, "kind"))
        visit_answer_login(visit);
    else if (!visit_may(visit))
        visit_answer_error(visit, 404);
    else
        return false;
    return true;
}

void visit_answer_document(struct visit *visit, const char *type, const char *policy, struct slice body)
{
    struct answer_cookies cookies = {"", ""};
    struct web_answer answer = {.status = 200, .body = body, .type = type, .policy = policy};
    send_answer(visit, &answer, &cookies);
}

void visit_answer_json(struct visit *visit, int status, const json_t *object)
{
    struct answer_cookies cookies = {"", ""};
    char *text = json_dumps(object, JSON_COMPACT);
    struct web_answer answer = {.status = status,
                                .body = slice_from(text),
                                .type = "application/json",
                                .retry_after = retry_after(status)};
    send_answer(visit, &answer, &cookies);
    free(text);
}
