// SPDX-License-Identifier: BSD-2-Clause
// Advice of spf record: tests/cases/ctl/spf_advice.cases and spf_amend.cases.
#include "case_lines.h"
#include "ctl/spf/spf_advice.h"
#include "spf_golden.h"
#include "spfrecord/spf_amend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TRIALS_MAX 4

struct facts {
    char domain[64];
    struct spf_hosts hosts;
    struct spf_trial trials[TRIALS_MAX];
    struct slice several[TRIALS_MAX];
    unsigned record_count;
    char *joined;
    struct spf_facts facts;
    bool json;
};

static struct slice take_word(struct slice *rest)
{
    struct slice word;
    slice_split(*rest, ' ', &word, rest);
    return word;
}

// "result terms voids domain term", each but the first may be missing, or "-".
static void read_verdict(struct slice value, const char *domain, struct spf_verdict *out)
{
    unsigned long long terms = 0, voids = 0;
    out->result = spf_golden_result(take_word(&value));
    (void)slice_number(take_word(&value), 100, &terms);
    (void)slice_number(take_word(&value), 100, &voids);
    out->terms = (unsigned)terms;
    out->voids = (unsigned)voids;
    (void)slice_copy(take_word(&value), out->record_domain, sizeof out->record_domain);
    (void)slice_copy(value, out->term, sizeof out->term);
    (void)slice_copy(slice_from(domain), out->domain, sizeof out->domain);
}

static void read_trial(struct slice value, struct facts *out)
{
    struct spf_trial *trial = &out->trials[out->facts.trial_count++];
    assert_true(out->facts.trial_count <= TRIALS_MAX);
    assert_true(ip_parse(take_word(&value), &trial->client));
    trial->included = spf_golden_result(take_word(&value));
    read_verdict(value, out->domain, &trial->verdict);
    trial->verdict.problem = out->facts.unlisted.problem;
}

static void read_record(struct slice value, struct facts *out)
{
    struct spf_facts *facts = &out->facts;
    out->several[out->record_count++] = value;
    assert_true(out->record_count <= TRIALS_MAX);
    facts->record = value;
    if (out->record_count < 2)
        return;
    free(out->joined);
    out->joined = spf_amend_join(out->several, out->record_count);
    assert_non_null(out->joined);
    facts->record = slice_from(out->joined);
    facts->several = out->several;
    facts->several_count = out->record_count;
}

static void read_line(struct slice key, struct slice value, struct facts *out)
{
    struct slice bad;
    struct spf_facts *facts = &out->facts;
    if (slice_equal(key, SLICE("domain")))
        assert_true(slice_copy(value, out->domain, sizeof out->domain));
    else if (slice_equal(key, SLICE("include")))
        assert_true(slice_copy(value, out->hosts.include, sizeof out->hosts.include));
    else if (slice_equal(key, SLICE("hosts")))
        assert_true(spf_hosts_parse(value, NULL, &out->hosts, &bad));
    else if (slice_equal(key, SLICE("record")))
        read_record(value, out);
    else if (slice_equal(key, SLICE("cut")))
        facts->cut = true;
    else if (slice_equal(key, SLICE("unlisted")))
        read_verdict(value, out->domain, &facts->unlisted);
    else if (slice_equal(key, SLICE("unlisted-problem")))
        facts->unlisted.problem = spf_golden_problem(value);
    else if (slice_equal(key, SLICE("included")))
        read_verdict(value, out->hosts.include, &facts->included);
    else if (slice_equal(key, SLICE("included-problem")))
        facts->included.problem = spf_golden_problem(value);
    else if (slice_equal(key, SLICE("trial")))
        read_trial(value, out);
    else if (slice_equal(key, SLICE("wide")))
        out->trials[facts->trial_count - 1].verdict.wide = true;
    else if (slice_equal(key, SLICE("json")))
        out->json = true;
    else
        fail_msg("no such key: %.*s", (int)key.len, key.ptr);
}

static void advise(struct slice input, FILE *out)
{
    static struct facts facts;
    static struct spf_advice advice;
    struct slice key, value;
    memset(&facts, 0, sizeof facts);
    facts.facts.domain = facts.domain;
    facts.facts.hosts = &facts.hosts;
    facts.facts.trials = facts.trials;
    while (spf_golden_next(&input, &key, &value))
        read_line(key, value, &facts);
    assert_true(spf_advice_make(&facts.facts, &advice));
    assert_true(spf_advice_print(&facts.facts, &advice, out));
    if (facts.json)
        assert_true(spf_advice_print_json(&facts.facts, &advice, out));
    spf_advice_finish(&advice);
    free(facts.joined);
}

static void test_advice(void **state)
{
    (void)state;
    spf_golden_check("ctl/spf_advice.cases", advise);
}

// "record + own", or "record ++ own" to have them first
static void amend(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice record, own;
    char text[CASE_ANSWER_MAX];
    assert_true(slice_split_last(input, '+', &record, &own));
    assert_true(slice_copy(slice_trim(own), text, sizeof text));
    const bool first = record.len && record.ptr[record.len - 1] == '+';
    record.len -= first;
    char *amended = spf_amend(slice_trim(record), text, first);
    assert_non_null(amended);
    assert_true(slice_copy(slice_from(amended), out, CASE_ANSWER_MAX));
    free(amended);
}

// "record | record …": the one to publish.
static void join(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice records[8];
    unsigned count = 0;
    while (input.len && count < 8) {
        slice_split(input, '|', &records[count], &input);
        records[count] = slice_trim(records[count]);
        count++;
    }
    char *joined = spf_amend_join(records, count);
    assert_non_null(joined);
    assert_true(slice_copy(slice_from(joined), out, CASE_ANSWER_MAX));
    free(joined);
}

static void test_join(void **state)
{
    (void)state;
    case_lines_check("ctl/spf_join.cases", join);
}

static void test_amend(void **state)
{
    (void)state;
    case_lines_check("ctl/spf_amend.cases", amend);
}

// Strings of a TXT record are full, but for the last.
static void test_strings(void **state)
{
    char record[600];
    struct slice rest, string;
    (void)state;
    memset(record, 'x', sizeof record);
    rest = slice_make(record, sizeof record);
    assert_true(spf_amend_string(&rest, &string) && string.len == 255);
    assert_true(spf_amend_string(&rest, &string) && string.len == 255 && string.ptr == record + 255);
    assert_true(spf_amend_string(&rest, &string) && string.len == 90);
    assert_false(spf_amend_string(&rest, &string));
}

// "192.0.2.0/24 …": the addresses that are tried, and the terms.
static void hosts(struct slice input, char out[CASE_ANSWER_MAX])
{
    static struct spf_hosts parsed;
    static struct ip addresses[SPF_HOSTS_ADDRESSES_MAX];
    char terms[CASE_ANSWER_MAX / 2], text[CIDR_TEXT_MAX];
    struct slice bad;
    if (!spf_hosts_parse(input, NULL, &parsed, &bad)) {
        snprintf(out, CASE_ANSWER_MAX, "wrong: %.*s", (int)bad.len, bad.ptr);
        return;
    }
    if (!spf_hosts_terms(&parsed, terms, sizeof terms))
        snprintf(terms, sizeof terms, "none");
    size_t len = (size_t)snprintf(out, CASE_ANSWER_MAX, "%s; tried", terms);
    const unsigned count = spf_hosts_addresses(&parsed, addresses);
    for (unsigned i = 0; i < count; i++) {
        ip_format(&addresses[i], text);
        len += (size_t)snprintf(out + len, CASE_ANSWER_MAX - len, " %s", text);
    }
}

static void test_hosts(void **state)
{
    (void)state;
    case_lines_check("ctl/spf_hosts.cases", hosts);
}

static void test_hosts_bounded(void **state)
{
    static struct spf_hosts parsed;
    char text[(SPF_HOSTS_MAX + 1) * 16] = "", terms[64];
    struct slice bad;
    (void)state;
    for (unsigned i = 0; i <= SPF_HOSTS_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "192.0.2.%u,", i);
    assert_false(spf_hosts_parse(slice_from(text), NULL, &parsed, &bad));
    assert_int_equal(bad.len, 0);
    assert_int_equal(parsed.count, SPF_HOSTS_MAX);
    assert_false(spf_hosts_terms(&parsed, terms, sizeof terms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_advice), cmocka_unit_test(test_amend),
                                       cmocka_unit_test(test_join),   cmocka_unit_test(test_strings),
                                       cmocka_unit_test(test_hosts),  cmocka_unit_test(test_hosts_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
