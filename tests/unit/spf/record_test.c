// SPDX-License-Identifier: BSD-2-Clause
// Records, macros and texts of records, one case per line: tests/cases/spf/record.cases, macro.cases and
// text.cases.
#include "case_lines.h"
#include "spf/client_record.h"
#include "spf/spf_expansion.h"
#include "spf/spf_trace.h"
#include "spfrecord/macro.h"
#include "spfrecord/spf_fault.h"
#include "spfrecord/spf_ignored.h"
#include "spfrecord/spf_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct ip client_of(bool is_ip6)
{
    struct ip client;
    assert_true(ip_parse(is_ip6 ? SLICE("2001:db8::1") : SLICE("192.0.2.1"), &client));
    return client;
}

static void answer_record(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct client_record canonical;
    struct slice family, text, bad;
    slice_split(input, ' ', &family, &text);
    struct ip client = client_of(slice_equal(family, SLICE("6")));
    if (!record_is_spf(text))
        snprintf(out, CASE_ANSWER_MAX, "no SPF record");
    else if (client_record_read(text, &client, &canonical, &bad)) {
        size_t len = client_record_print(&canonical, 0, &client, out);
        assert_int_equal(len, strlen(out));
    } else {
        char term[CASE_ANSWER_MAX / 2];
        spf_trace_printable(bad, term, sizeof term);
        snprintf(out, CASE_ANSWER_MAX, "wrong: %s", term);
    }
}

static void test_records(void **state)
{
    (void)state;
    case_lines_check("spf/record.cases", answer_record);
}

static void expand_name(struct slice spec, const struct spf_expansion_values *values,
                        char out[CASE_ANSWER_MAX])
{
    char name[DNS_NAME_MAX + 1];
    if (!macro_domain_valid(spec))
        snprintf(out, CASE_ANSWER_MAX, "syntax error");
    else if (!spf_expansion_name(spec, values, name))
        snprintf(out, CASE_ANSWER_MAX, "cannot be asked");
    else
        snprintf(out, CASE_ANSWER_MAX, "%s", name);
}

static void answer_macro(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice place, spec;
    struct ip client;
    slice_split(input, ' ', &place, &spec);
    spec = slice_trim(spec);
    bool is_ip6 = slice_equal(place, SLICE("name6"));
    assert_true(ip_parse(is_ip6 ? SLICE("2001:db8::cb01") : SLICE("192.0.2.3"), &client));
    struct spf_expansion_values values = {
        .sender = SLICE("strong-bad@email.example.com"),
        .local = SLICE("strong-bad"),
        .sender_domain = SLICE("email.example.com"),
        .domain = SLICE("email.example.com"),
        .helo = SLICE("mail.example.org"),
        .receiver = SLICE("mx.receiver.example"),
        .validated = SLICE("mx.example.org"),
        .client = &client,
        .now = 1700000000,
    };
    if (!slice_equal(place, SLICE("text")))
        expand_name(spec, &values, out);
    else if (!macro_valid(spec, MACRO_IN_EXPLANATION))
        snprintf(out, CASE_ANSWER_MAX, "syntax error");
    else
        spf_expansion_text(spec, &values, out, CASE_ANSWER_MAX);
}

static void test_macros(void **state)
{
    (void)state;
    case_lines_check("spf/macro.cases", answer_macro);
}

// A text that does not fit is cut, wherever the cut falls.
static void test_text_is_cut(void **state)
{
    struct ip client = client_of(false);
    struct spf_expansion_values values = {.domain = SLICE("example.com"), .client = &client};
    char whole[64], cut[64];
    (void)state;
    spf_expansion_text(SLICE("a%{d}b%%c%{D}d"), &values, whole, sizeof whole);
    assert_string_equal(whole, "aexample.comb%cexample.comd");
    for (size_t size = 1; size <= strlen(whole); size++) {
        memset(cut, 'x', sizeof cut);
        spf_expansion_text(SLICE("a%{d}b%%c%{D}d"), &values, cut, size);
        assert_int_equal(strlen(cut), size - 1);
        assert_memory_equal(cut, whole, size - 1);
        assert_int_equal(cut[size], 'x');
    }
}

static void print_terms(struct slice record, FILE *out)
{
    static const char *const kinds[] = {
        [SPF_FAULT_SYNTAX] = "wrong", [SPF_FAULT_TWICE] = "twice", [SPF_FAULT_NAME] = "joined"};
    struct record_cursor cursor;
    struct spf_ignored ignored;
    struct spf_fault fault;
    struct slice term;
    bool has_fault = false;
    record_begin(&cursor, record);
    for (; spf_fault_next(&cursor, &fault); has_fault = true)
        fprintf(out, "; %s %.*s%s%s", kinds[fault.kind], (int)fault.term.len, fault.term.ptr,
                fault.right ? " > " : "", fault.right ? fault.right : "");
    assert_int_equal(spf_fault_in(record), has_fault);
    spf_ignored_begin(&ignored, record);
    while (!has_fault && spf_ignored_next(&ignored, &term))
        fprintf(out, "; ignored %.*s", (int)term.len, term.ptr);
}

static void answer_text(struct slice input, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {[SPF_TEXT_EMPTY] = "empty",
                                        [SPF_TEXT_LONG] = "long",
                                        [SPF_TEXT_BYTE] = "a byte",
                                        [SPF_TEXT_OTHER] = "other",
                                        [SPF_TEXT_SEVERAL] = "several"};
    char room[SPF_TEXT_MAX];
    struct slice record;
    const enum spf_text_rc rc = spf_text_read(input, room, &record);
    FILE *stream = fmemopen(out, CASE_ANSWER_MAX, "w");
    assert_non_null(stream);
    if (rc == SPF_TEXT_RECORD) {
        fprintf(stream, "%.*s", (int)record.len, record.ptr);
        print_terms(record, stream);
    } else {
        fputs(words[rc], stream);
    }
    assert_int_equal(fclose(stream), 0);
}

static void test_texts(void **state)
{
    (void)state;
    case_lines_check("spf/text.cases", answer_text);
}

// The bound holds for the record, not for what is around its strings.
static void test_text_bounded(void **state)
{
    char typed[2 * SPF_TEXT_MAX], room[SPF_TEXT_MAX];
    struct slice record;
    (void)state;
    memset(typed, ' ', sizeof typed);
    memcpy(typed, "\"v=spf1\"", 8);
    typed[sizeof typed - 1] = '"';
    assert_int_equal(spf_text_read(slice_make(typed, sizeof typed), room, &record), SPF_TEXT_RECORD);
    assert_true(slice_equal(record, SLICE("v=spf1")));
    memset(typed + 7, 'x', sizeof typed - 7);
    typed[7] = ' ';
    assert_int_equal(spf_text_read(slice_make(typed, 1 + SPF_TEXT_MAX), room, &record), SPF_TEXT_RECORD);
    assert_int_equal(record.len, SPF_TEXT_MAX);
    assert_int_equal(spf_text_read(slice_make(typed, 2 + SPF_TEXT_MAX), room, &record), SPF_TEXT_LONG);
    assert_int_equal(spf_text_read(SLICE("\"v=spf1 x=\\"), room, &record), SPF_TEXT_RECORD);
    assert_int_equal(spf_text_read(SLICE("\"v=spf1 x=\\04"), room, &record), SPF_TEXT_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),      cmocka_unit_test(test_macros),
        cmocka_unit_test(test_text_is_cut),  cmocka_unit_test(test_texts),
        cmocka_unit_test(test_text_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
