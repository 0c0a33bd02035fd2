// SPDX-License-Identifier: BSD-2-Clause
#include "console/unsubscribe_flow.h"

#include "base/address.h"
#include "console/console_conf.h"
#include "console/visit_answer.h"
#include "unsubscribe/unsubscribe.h"

struct link {
    char domain[ADDRESS_DOMAIN_MAX + 1], address[ADDRESS_MAX + 1], signature[UNSUBSCRIBE_SIGNATURE_MAX];
};

static bool read_link(const struct visit *visit, struct link *out)
{
    const struct web_form *fields = &visit->fields;
    return slice_copy(web_form_get(fields, "domain"), out->domain, sizeof out->domain) &&
           slice_copy(web_form_get(fields, "address"), out->address, sizeof out->address) &&
           slice_copy(web_form_get(fields, "signature"), out->signature, sizeof out->signature) &&
           unsubscribe_verify(console_conf.unsubscribe_key.value, out->domain, out->address, out->signature);
}

static void show(struct visit *visit, int status, json_t *view)
{
    json_decref(visit->view);
    visit->view = view;
    visit_answer_page(visit, status, visit->route->page, NULL);
}

static json_t *view_of(const struct visit *visit, const char *state)
{
    const struct slice domain = web_form_get(&visit->fields, "domain"),
                       address = web_form_get(&visit->fields, "address");
    return json_pack("{s:b, s:s%, s:s%}", state, 1, "domain", domain.ptr, domain.len, "address", address.ptr,
                     address.len);
}

static void show_button(struct visit *visit, const struct link *link)
{
    char action[UNSUBSCRIBE_URL_MAX];
    if (!unsubscribe_url(visit->route->pattern, console_conf.unsubscribe_key.value, link->domain,
                         link->address, action)) {
        visit_answer_error(visit, 500);
        return;
    }
    json_t *view = view_of(visit, "is_asked");
    json_object_set_new(view, "action", json_string(action));
    show(visit, 200, view);
}

static void on_ended(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    rc = visit_take(visit, rc, text);
    if (rc != CALL_DONE)
        visit_answer_call(visit, rc);
    else
        show(visit, 200, view_of(visit, "is_ended"));
}

// The answer is the same whether there is such a contact or not.
static void end_reports(struct visit *visit, const struct link *link)
{
    json_t *params = json_pack("{s:s, s:s}", "domain", link->domain, "address", link->address);
    visit_call(visit, visit->route->call, params, on_ended);
    json_decref(params);
}

void unsubscribe_flow_begin(struct visit *visit)
{
    struct link link;
    *visit->session = '\0'; // an answer does not depend on it
    if (!read_link(visit, &link))
        show(visit, 403, json_object());
    else if (visit->route->method == ROUTE_GET)
        show_button(visit, &link);
    else
        end_reports(visit, &link);
}
