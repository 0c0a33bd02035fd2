// SPDX-License-Identifier: BSD-2-Clause
#include "console/mua_flow.h"

#include "console/console_conf.h"
#include "console/console_services.h"
#include "console/mua/mua_address.h"
#include "console/mua/mua_profile.h"
#include "console/mua/mua_request.h"
#include "console/mua_sign.h"
#include "console/page_text.h"
#include "console/view/view_context.h"
#include "web/web_guard.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define XML "text/xml; charset=utf-8"
#define PLAIN "text/plain; charset=utf-8"

enum { AWAY_S = 10 };

// The template of an answer, or "json"; and the field that has the address.
static const struct document {
    const char *page, *type, *field;
} documents[] = {{"autoconfig", XML, "emailaddress"},
                 {"autodiscover", XML, NULL},
                 {"autodiscover_fault", XML, NULL},
                 {"autodiscover_json", "application/json", "email"},
                 {"mobileconfig", "application/x-apple-aspen-config", "address"}};

static bool is_page(const struct visit *visit, const char *page)
{
    return strcmp(visit->route->page, page) == 0;
}

static const struct document *document_of(const struct visit *visit)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (strcmp(documents[i].page, visit->route->page) == 0)
            return &documents[i];
    return NULL; // no route has another one
}

static void send_answer(struct visit *visit, int status, const char *type, struct slice body)
{
    const struct web_answer answer = {
        .status = status, .type = type, .body = body, .retry_after = status == 503 ? AWAY_S : 0};
    web_answer_send(visit->request, &answer);
    visit_end(visit, status);
}

static void send_text(struct visit *visit, int status, const char *text)
{
    send_answer(visit, status, PLAIN, slice_from(text));
}

// Takes the reference.
static void send_json(struct visit *visit, int status, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    send_answer(visit, status, "application/json", slice_from(text ? text : "{}"));
    free(text);
}

static bool render(struct visit *visit, const char *page, const json_t *view, struct template_output *output)
{
    char language[VIEW_LANGUAGE_MAX], subject[200];
    view_language(NULL, visit->request->accept_language, language);
    page_text_language(language);
    const enum template_rc rc =
        template_set_render(console_services.templates, page, view, page_text_translator(), output);
    (void)snprintf(subject, sizeof subject, "template=%s reason=\"%s\"", page, template_set_fault(rc));
    if (rc != TEMPLATE_DONE)
        console_fault_report(FAULT_TEMPLATE, subject);
    return rc == TEMPLATE_DONE;
}

static void send_page(struct visit *visit, int status, const char *page, const char *type, const json_t *view)
{
    struct template_output output = {0};
    unsigned char *der = NULL;
    size_t len = 0;
    const bool is_rendered = render(visit, page, view, &output);
    const struct slice text = slice_make(output.text, output.len);
    const bool is_signed = strcmp(page, "mobileconfig") == 0 && mua_sign_is_open();
    if (is_rendered && is_signed)
        der = mua_sign_make(text, &len);
    if (!is_rendered || (is_signed && !der))
        send_text(visit, 500, "This answer has a fault. Your mail flows.");
    else
        send_answer(visit, status, type, is_signed ? slice_make((const char *)der, len) : text);
    OPENSSL_free(der);
    template_output_finish(&output);
}

// Outlook reads an error by its code (MS-OXDSCLI section 2.2.4.1.1.2.3).
static void refuse(struct visit *visit, int status, const char *code, const char *text)
{
    if (!is_page(visit, "autodiscover") && !is_page(visit, "autodiscover_fault")) {
        send_text(visit, status, text);
        return;
    }
    json_t *view = json_pack("{s:s, s:s}", "code", code, "text", text);
    send_page(visit, status, "autodiscover_fault", XML, view);
    json_decref(view);
}

// The field of that name in any case: programs differ.
static struct slice field_of(const struct visit *visit, const char *name)
{
    const struct slice part = web_form_get(&visit->parts, name);
    if (part.ptr)
        return part;
    for (unsigned i = 0; i < visit->fields.count; i++)
        if (slice_equal_nocase(visit->fields.fields[i].name, slice_from(name)))
            return visit->fields.fields[i].value;
    return slice_make(NULL, 0);
}

static bool read_address(const struct visit *visit, struct mua_address *out)
{
    char text[ADDRESS_MAX + 1];
    const char *field = document_of(visit)->field;
    if (field)
        return mua_address_read(field_of(visit, field), out);
    return mua_request_address(visit->request->body, text) && mua_address_read(slice_from(text), out);
}

static void send_location(struct visit *visit)
{
    char url[WEB_ORIGIN_MAX + 40];
    (void)snprintf(url, sizeof url, "%s/autodiscover/autodiscover.xml", console_conf.public_url);
    send_json(visit, 200, json_pack("{s:s, s:s}", "Protocol", "AutodiscoverV1", "Url", url));
}

static void send_document(struct visit *visit)
{
    const struct document *document = document_of(visit);
    char account[MUA_UUID_MAX], profile[MUA_UUID_MAX];
    struct mua_address address;
    (void)read_address(visit, &address);
    mua_profile_uuid("account", address.text, account);
    mua_profile_uuid("profile", address.text, profile);
    json_object_set_new(visit->view, "address", json_string(address.text));
    json_object_set_new(visit->view, "submissions", json_boolean(console_conf.submissions));
    json_object_set_new(visit->view, "uuid", json_pack("{s:s, s:s}", "account", account, "profile", profile));
    json_object_set_new(visit->view, "public_url", json_string(console_conf.public_url));
    json_object_set_new(visit->view, "webmail_url", json_string(console_conf.webmail_url));
    send_page(visit, 200, document->page, document->type, visit->view);
}

static void on_domain(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    rc = visit_take(visit, rc, text);
    if (rc == CALL_BUSY || rc == CALL_AWAY)
        refuse(visit, 503, "601",
               "The service rests for a moment. Your mail flows. Try again in 10 seconds.");
    else if (rc != CALL_DONE)
        refuse(visit, 500, "601", "This answer has a fault. Your mail flows.");
    else if (!json_is_object(visit->view))
        refuse(visit, 404, "500", "This domain has no mailboxes here.");
    else if (is_page(visit, "autodiscover_json"))
        send_location(visit);
    else
        send_document(visit);
}

// Without an address the host name has the domain; a profile and Autodiscover are of an address.
static bool find_domain(const struct visit *visit, char out[ADDRESS_DOMAIN_MAX + 1])
{
    struct mua_address address;
    if (read_address(visit, &address))
        return slice_copy(slice_from(address.domain), out, ADDRESS_DOMAIN_MAX + 1);
    return !is_page(visit, "mobileconfig") && !is_page(visit, "autodiscover") &&
           mua_address_host(visit->request->host, out);
}

// Outlook asks by JSON for several protocols; this service has one.
static bool is_other_protocol(const struct visit *visit)
{
    return is_page(visit, "autodiscover_json") &&
           !slice_equal_nocase(field_of(visit, "protocol"), SLICE("AutodiscoverV1"));
}

void mua_flow_begin(struct visit *visit)
{
    char domain[ADDRESS_DOMAIN_MAX + 1];
    const bool is_found = find_domain(visit, domain);
    *visit->session = '\0'; // an answer does not depend on it
    if (is_page(visit, "autodiscover_fault")) {
        refuse(visit, 200, "600", "Invalid Request: send it by POST.");
    } else if (is_other_protocol(visit)) {
        send_json(visit, 400,
                  json_pack("{s:s, s:s}", "ErrorCode", "InvalidProtocol", "ErrorMessage",
                            "The supported protocol is AutodiscoverV1."));
    } else if (!is_found) {
        refuse(visit, 400, "600", "Invalid Request: name a mail address, as in anna@example.com.");
    } else {
        json_t *params = json_pack("{s:s}", "domain", domain);
        visit_call(visit, visit->route->call, params, on_domain);
        json_decref(params);
    }
}
