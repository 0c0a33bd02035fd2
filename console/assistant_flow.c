// SPDX-License-Identifier: BSD-2-Clause
#include "console/assistant_flow.h"

#include "base/address.h"
#include "console/page_flow.h"
#include "console/view/view_params.h"
#include "console/visit_answer.h"
#include "idn/idn.h"
#include "spfrecord/spf_amend.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORD_MAX = 2000 };

static bool is_record(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return text.len <= RECORD_MAX && slice_has_prefix_nocase(text, SLICE("v=spf1")) &&
           (text.len == 6 || text.ptr[6] == ' ');
}

// As a person copies it: with newlines, and within quotes.
static struct slice trim_record(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r\n\"", *text.ptr))
        text = slice_skip(text, 1);
    while (text.len > 0 && strchr(" \t\r\n\"", text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static json_t *strings_of(const char *record)
{
    json_t *strings = json_array();
    struct slice string, rest = slice_from(record);
    while (spf_amend_string(&rest, &string))
        json_array_append_new(strings, json_stringn(string.ptr, string.len));
    return strings;
}

// Adds the record that the domain is to publish.
static bool add_spf(json_t *view, struct slice record)
{
    char own[sizeof "include:" + ADDRESS_DOMAIN_MAX];
    const char *include = json_string_value(json_object_get(view, "include"));
    if (!include)
        return true;
    (void)snprintf(own, sizeof own, "include:%s", include);
    const bool is_new = record.len == 0, is_right = !is_new && spf_amend_has(record, own);
    char *proposed = is_right ? NULL : is_new ? spf_amend_new(own) : spf_amend(record, own, false);
    json_object_set_new(view, "is_right", json_boolean(is_right));
    json_object_set_new(view, "is_new", json_boolean(is_new));
    json_object_set_new(view, "has_proposed", json_boolean(proposed != NULL));
    if (proposed)
        json_object_set_new(view, "proposed", strings_of(proposed));
    free(proposed);
    return is_right || json_is_true(json_object_get(view, "has_proposed"));
}

static void on_page(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    const struct slice record = trim_record(web_form_get(&visit->fields, "record"));
    const bool is_spf = strcmp(visit->route->page, "assistant_spf") == 0;
    if (rc == CALL_FAULT) {
        visit_set_fault(visit, text);
        page_flow_again(visit);
        return;
    }
    if (visit_answer_refused(visit, rc, text))
        return;
    if (is_spf && record.len > 0 && !is_record(record)) {
        visit_set_fault(
            visit,
            "An SPF record begins with v=spf1, as in v=spf1 mx -all. Leave it empty if there is none.");
        page_flow_again(visit);
    } else if ((is_spf && !add_spf(visit->view, record)) ||
               !view_params_lay(json_object_get(visit->view, "form"), &visit->fields, true)) {
        visit_answer_error(visit, 500);
    } else {
        visit_answer_page(visit, 200, visit->route->page, visit->route->section);
    }
}

static struct web_field *find_domain(struct visit *visit)
{
    for (unsigned i = 0; i < visit->fields.count; i++)
        if (slice_equal(visit->fields.fields[i].name, SLICE("domain")))
            return &visit->fields.fields[i];
    return NULL;
}

// A name in either form is one name; the form of the page keeps what was typed.
void assistant_flow_begin(struct visit *visit)
{
    char ascii[ADDRESS_DOMAIN_MAX + 1];
    struct web_field *field = find_domain(visit);
    const struct slice typed = field ? field->value : slice_make(NULL, 0);
    if (field && idn_domain(slice_trim(typed), ascii))
        field->value = slice_from(ascii);
    visit_call_sent(visit, visit->route->call, on_page);
    if (field)
        field->value = typed;
}
