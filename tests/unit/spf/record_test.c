// SPDX-License-Identifier: BSD-2-Clause
// Records and macros, one case per line: tests/cases/spf/record.cases and macro.cases.
#include "case_lines.h"
#include "spf/client_record.h"
#include "spf/spf_expansion.h"
#include "spf/spf_trace.h"
#include "spfrecord/macro.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_macros),
        cmocka_unit_test(test_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
