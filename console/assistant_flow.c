// SPDX-License-Identifier: BSD-2-Clause
#include "console/assistant_flow.h"

#include "base/address.h"
#include "console/message/database_message.h"
#include "console/page_flow.h"
#include "console/view/view_params.h"
#include "console/visit_answer.h"
#include "idn/idn.h"
#include "spfrecord/spf_amend.h"
#include "spfrecord/spf_fault.h"
#include "spfrecord/spf_ignored.h"
#include "spfrecord/spf_text.h"

#include <stdio.h>
#include <stdlib.h>

// The fault of a text, with a right value.
static const char *const faults[] = {
    [SPF_TEXT_OTHER] =
        PAGE_TEXT("An SPF record begins with v=spf1, as in v=spf1 mx -all. Leave it empty if there is none."),
    [SPF_TEXT_LONG] = PAGE_TEXT(
        "This record is longer than 2000 characters, and receivers need not read so much. Move terms to "
        "another name, and include that, as in v=spf1 include:_spf.example.com -all."),
    [SPF_TEXT_BYTE] = PAGE_TEXT(
        "This record has a character that SPF does not have, such as an accent or a curved quote. Write "
        "names as the DNS has them, as in include:xn--bcher-kva.example."),
    [SPF_TEXT_SEVERAL] = PAGE_TEXT(
        "These are several SPF records, and receivers ignore all of them. Write one with the terms of "
        "all, as in v=spf1 mx include:_spf.example.net -all."),
};

static const char wrong_terms[] = PAGE_TEXT("Receivers take this record for broken, so that none of its "
                                            "senders counts. Correct the terms below. None "
                                            "is left out for you, since it may name a sender.");

// The terms that are wrong, each with a right one.
static json_t *wrong_in(struct slice record)
{
    struct record_cursor cursor;
    struct spf_fault fault;
    json_t *wrong = json_array();
    record_begin(&cursor, record);
    while (spf_fault_next(&cursor, &fault))
        json_array_append_new(wrong,
                              json_pack("{s:s%, s:s?, s:b}", "term", fault.term.ptr, fault.term.len, "right",
                                        fault.right, "is_name", fault.kind == SPF_FAULT_NAME));
    return wrong;
}

// Without the own one, which is put where it counts.
static json_t *ignored_in(struct slice record, const char *own)
{
    struct spf_ignored ignored;
    struct slice term;
    json_t *terms = json_array();
    spf_ignored_begin(&ignored, record);
    while (spf_ignored_next(&ignored, &term))
        if (!slice_equal_nocase(term, slice_from(own)))
            json_array_append_new(terms, json_stringn(term.ptr, term.len));
    return terms;
}

// Returns what is wrong with the record that was typed; NULL: nothing. `*out` is empty if there is none.
static const char *read_record(struct visit *visit, char room[SPF_TEXT_MAX], struct slice *out)
{
    const enum spf_text_rc rc = spf_text_read(web_form_get(&visit->fields, "record"), room, out);
    if (rc == SPF_TEXT_EMPTY)
        return NULL;
    if (rc != SPF_TEXT_RECORD)
        return faults[rc];
    if (!spf_fault_in(*out))
        return NULL;
    json_object_set_new(visit->view, "has_wrong", json_true());
    json_object_set_new(visit->view, "wrong", wrong_in(*out));
    return wrong_terms;
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
    json_t *ignored = ignored_in(record, own);
    json_object_set_new(view, "has_ignored", json_boolean(json_array_size(ignored) > 0));
    json_object_set_new(view, "ignored", ignored);
    free(proposed);
    return is_right || json_is_true(json_object_get(view, "has_proposed"));
}

static void show(struct visit *visit)
{
    char room[SPF_TEXT_MAX];
    struct slice record = {NULL, 0};
    const bool is_spf = strcmp(visit->route->page, "assistant_spf") == 0;
    const char *fault = is_spf ? read_record(visit, room, &record) : NULL;
    if (fault) {
        visit_set_fault(visit, fault);
        page_flow_again(visit);
    } else if ((is_spf && !add_spf(visit->view, record)) ||
               !view_params_lay(json_object_get(visit->view, "form"), &visit->fields, true)) {
        visit_answer_error(visit, 500);
    } else {
        visit_answer_page(visit, 200, visit->route->page, visit->route->section);
    }
}

static void on_page(enum call_rc rc, const char *text, void *arg)
{
    struct visit *visit = arg;
    if (rc == CALL_FAULT) {
        visit_set_fault(visit, text);
        page_flow_again(visit);
    } else if (!visit_answer_refused(visit, rc, text)) {
        show(visit);
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
