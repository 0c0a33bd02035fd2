// SPDX-License-Identifier: BSD-2-Clause
// Output of spf check: tests/cases/ctl/spf_transcript.cases.
#include "ctl/spf/spf_transcript.h"
#include "spf_golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void read_counts(struct slice value, struct spf_verdict *verdict)
{
    char text[64];
    assert_true(slice_copy(value, text, sizeof text));
    assert_int_equal(sscanf(text, "%u %u %u", &verdict->terms, &verdict->voids, &verdict->queries), 3);
}

static void add_trail(struct slice line, char trail[SPF_TRACE_MAX + 1])
{
    const size_t len = strlen(trail);
    snprintf(trail + len, SPF_TRACE_MAX + 1 - len, "%.*s\n", (int)line.len, line.ptr);
}

static bool read_text(struct slice key, struct slice value, struct spf_request *request,
                      struct spf_verdict *verdict)
{
    const struct {
        const char *key;
        char *text;
        size_t size;
    } texts[] = {{"helo", request->helo, sizeof request->helo},
                 {"sender", request->sender, sizeof request->sender},
                 {"domain", verdict->domain, sizeof verdict->domain},
                 {"record", verdict->record_domain, sizeof verdict->record_domain},
                 {"term", verdict->term, sizeof verdict->term},
                 {"explanation", verdict->explanation, sizeof verdict->explanation}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (slice_equal(key, slice_from(texts[i].key)))
            return slice_copy(value, texts[i].text, texts[i].size);
    return false;
}

static void answer(struct slice input, FILE *out)
{
    static struct spf_verdict verdict;
    struct spf_request request = {.identity = SPF_MAIL_FROM};
    struct slice key, value;
    memset(&verdict, 0, sizeof verdict);
    while (spf_golden_next(&input, &key, &value)) {
        if (slice_equal(key, SLICE("client")))
            assert_true(ip_parse(value, &request.client));
        else if (slice_equal(key, SLICE("identity")))
            request.identity = slice_equal(value, SLICE("helo")) ? SPF_HELO : SPF_MAIL_FROM;
        else if (slice_equal(key, SLICE("result")))
            verdict.result = spf_golden_result(value);
        else if (slice_equal(key, SLICE("problem")))
            verdict.problem = spf_golden_problem(value);
        else if (slice_equal(key, SLICE("wide")))
            verdict.wide = true;
        else if (slice_equal(key, SLICE("spent")))
            read_counts(value, &verdict);
        else if (slice_equal(key, SLICE("trail")))
            add_trail(value, verdict.trace);
        else if (!read_text(key, value, &request, &verdict))
            fail_msg("no such key: %.*s", (int)key.len, key.ptr);
    }
    assert_true(spf_transcript_print(&request, &verdict, out));
    assert_true(spf_transcript_print_json(&request, &verdict, out));
}

static void test_cases(void **state)
{
    (void)state;
    spf_golden_check("ctl/spf_transcript.cases", answer);
}

// Of what the command line may hold nothing reaches a terminal as it is, and JSON stays JSON.
static void test_odd_bytes(void **state)
{
    char *text = NULL;
    size_t size = 0;
    static struct spf_verdict verdict;
    struct spf_request request = {.identity = SPF_MAIL_FROM, .helo = "a\x1b[1m", .sender = "\xff@b.example"};
    (void)state;
    FILE *out = open_memstream(&text, &size);
    assert_true(ip_parse(SLICE("192.0.2.1"), &request.client));
    assert_true(spf_transcript_print(&request, &verdict, out));
    assert_true(spf_transcript_print_json(&request, &verdict, out));
    fclose(out);
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "MAIL FROM \\xff@b.example, HELO a\\x1b[1m, client 192.0.2.1\n"));
    assert_non_null(strstr(text, "\"helo\":\"a\\u001B[1m\",\"sender\":\"\\\\xff@b.example\""));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_odd_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
