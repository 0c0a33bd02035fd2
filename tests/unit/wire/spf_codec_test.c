// SPDX-License-Identifier: BSD-2-Clause
// Messages are decoded as they were encoded, and anything else is refused.
#include "wire/spf_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 3000

static void fill(char *out, size_t max, char lowest, char highest)
{
    size_t len = (size_t)random() % (max + 1);
    if (random() % 4 == 0)
        len = random() % 2 ? max : 0;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(lowest + random() % (highest - lowest + 1));
    out[len] = '\0';
}

static struct spf_request random_request(void)
{
    struct spf_request request = {.identity = random() % 2 ? SPF_HELO : SPF_MAIL_FROM};
    request.client.bits = random() % 2 ? 32 : 128;
    for (size_t i = 0; i < request.client.bits / 8; i++)
        request.client.bytes[i] = (uint8_t)random();
    fill(request.helo, SPF_NAME_MAX, 1, 127);
    fill(request.sender, SPF_SENDER_MAX, -128, -1); // any bytes but NUL
    fill(request.receiver, SPF_NAME_MAX, 'a', 'z');
    request.within_ms = random() % 2 ? random() : INT64_MAX;
    request.trace = random() % 2;
    return request;
}

static void random_verdict(struct spf_verdict *verdict)
{
    verdict->result = (enum spf_result)(random() % SPF_RESULTS);
    verdict->problem = (enum spf_problem)(random() % SPF_PROBLEMS);
    verdict->wide = random() % 2;
    verdict->terms = (unsigned)random();
    verdict->voids = UINT32_MAX - (unsigned)random() % 3;
    verdict->queries = (unsigned)random();
    fill(verdict->domain, SPF_NAME_MAX, ' ', '~');
    fill(verdict->record_domain, SPF_NAME_MAX, ' ', '~');
    fill(verdict->term, SPF_TERM_MAX, ' ', '~');
    fill(verdict->explanation, SPF_EXPLANATION_MAX, ' ', '~');
    fill(verdict->trace, SPF_TRACE_MAX, ' ', '~');
    for (char *at = verdict->trace; *at; at++)
        if (*at == '!')
            *at = '\n';
}

static void check_same(const struct spf_request *a, const struct spf_request *b)
{
    assert_int_equal(a->identity, b->identity);
    assert_true(ip_equal(&a->client, &b->client));
    assert_string_equal(a->helo, b->helo);
    assert_string_equal(a->sender, b->sender);
    assert_string_equal(a->receiver, b->receiver);
    assert_int_equal(a->within_ms, b->within_ms);
    assert_int_equal(a->trace, b->trace);
}

static void check_same_verdict(const struct spf_verdict *a, const struct spf_verdict *b)
{
    assert_int_equal(a->result, b->result);
    assert_int_equal(a->problem, b->problem);
    assert_int_equal(a->wide, b->wide);
    assert_int_equal(a->terms, b->terms);
    assert_int_equal(a->voids, b->voids);
    assert_int_equal(a->queries, b->queries);
    assert_string_equal(a->domain, b->domain);
    assert_string_equal(a->record_domain, b->record_domain);
    assert_string_equal(a->term, b->term);
    assert_string_equal(a->explanation, b->explanation);
    assert_string_equal(a->trace, b->trace);
}

static void requests_come_back_as_they_were(void **state)
{
    (void)state;
    srandom(1);
    for (int round = 0; round < ROUNDS; round++) {
        char bytes[SPF_REQUEST_BYTES_MAX], again[SPF_REQUEST_BYTES_MAX];
        const struct spf_request request = random_request();
        struct spf_request decoded;
        size_t len = spf_request_encode(&request, bytes);
        assert_true(len <= sizeof bytes);
        assert_true(spf_request_decode(slice_make(bytes, len), &decoded));
        check_same(&request, &decoded);
        assert_int_equal(spf_request_encode(&decoded, again), len);
        assert_memory_equal(bytes, again, len);
    }
}

static void verdicts_come_back_as_they_were(void **state)
{
    static struct spf_verdict verdict, decoded;
    static char bytes[SPF_VERDICT_BYTES_MAX];
    (void)state;
    srandom(2);
    for (int round = 0; round < ROUNDS; round++) {
        random_verdict(&verdict);
        size_t len = spf_verdict_encode(&verdict, bytes);
        assert_true(len <= sizeof bytes);
        assert_true(spf_verdict_decode(slice_make(bytes, len), &decoded));
        check_same_verdict(&verdict, &decoded);
    }
}

// In memory of its own size, so that the sanitizer sees a read past the end.
static bool decodes(bool request, const char *bytes, size_t len)
{
    static struct spf_verdict verdict;
    struct spf_request decoded;
    char *exact = malloc(len + (len == 0));
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    struct slice in = slice_make(exact, len);
    bool done = request ? spf_request_decode(in, &decoded) : spf_verdict_decode(in, &verdict);
    free(exact);
    return done;
}

static void what_is_cut_or_longer_is_refused(void **state)
{
    static struct spf_verdict verdict;
    static char bytes[SPF_VERDICT_BYTES_MAX + 1];
    (void)state;
    srandom(3);
    random_verdict(&verdict);
    size_t len = spf_verdict_encode(&verdict, bytes);
    assert_true(decodes(false, bytes, len));
    assert_false(decodes(true, bytes, len));
    assert_false(decodes(false, bytes, len + 1));
    for (size_t cut = 0; cut < len; cut++)
        assert_false(decodes(false, bytes, cut));
    const struct spf_request request = random_request();
    len = spf_request_encode(&request, bytes);
    assert_true(decodes(true, bytes, len));
    assert_false(decodes(false, bytes, len));
    assert_false(decodes(true, bytes, len + 1));
    for (size_t cut = 0; cut < len; cut++)
        assert_false(decodes(true, bytes, cut));
}

// `at` of the encoded form, changed to `value`.
static void check_refused(bool request, size_t at, unsigned value)
{
    static struct spf_verdict verdict = {.domain = "a.example", .trace = "one\ntwo\n"};
    static char bytes[SPF_VERDICT_BYTES_MAX];
    struct spf_request asked = {.client.bits = 32, .helo = "helo.example", .sender = "a@b.example"};
    size_t len = request ? spf_request_encode(&asked, bytes) : spf_verdict_encode(&verdict, bytes);
    assert_true(at < len && decodes(request, bytes, len));
    bytes[at] = (char)value;
    assert_false(decodes(request, bytes, len));
}

static void what_is_out_of_range_is_refused(void **state)
{
    static const struct {
        bool request;
        unsigned value;
        size_t at;
    } faults[] = {
        {true, SPF_MAIL_FROM + 1, 1},
        {true, 2, 2},     // trail
        {true, 0, 3},     // bits of the address
        {true, 128, 3},   // whose bytes are not all there
        {true, 0x80, 8},  // within_ms below zero
        {true, 1, 16},    // a text longer than what follows
        {true, '\0', 20}, // within a text
        {false, SPF_RESULTS, 1},
        {false, SPF_PROBLEMS, 2},
        {false, 2, 3},     // wide
        {false, 1, 16},    // a text longer than its bound
        {false, '\0', 18}, // bytes that are no printable ASCII
        {false, '\n', 18},
        {false, '\r', 18},
        {false, 0x7f, 18},
        {false, 0xc3, 18},
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        check_refused(faults[i].request, faults[i].at, faults[i].value);
}

static void a_verdict_shows_printable_ascii_alone(void **state)
{
    static struct spf_verdict verdict = {
        .domain = "a\r\nb", .explanation = "\x1b[2J\xc3\xa4\n", .trace = "a\r\nb"};
    static struct spf_verdict decoded;
    static char bytes[SPF_VERDICT_BYTES_MAX];
    (void)state;
    size_t len = spf_verdict_encode(&verdict, bytes);
    assert_true(spf_verdict_decode(slice_make(bytes, len), &decoded));
    assert_string_equal(decoded.domain, "a??b");
    assert_string_equal(decoded.explanation, "?[2J???");
    assert_string_equal(decoded.trace, "a?\nb");
}

static void every_result_and_problem_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < SPF_RESULTS; i++)
        assert_true(strlen(spf_result_word((enum spf_result)i)) >= 4);
    assert_string_equal(spf_result_word(SPF_SOFTFAIL), "softfail");
    assert_string_equal(spf_problem_words(SPF_NO_PROBLEM), "");
    for (int i = SPF_NO_PROBLEM + 1; i < SPF_PROBLEMS; i++)
        assert_true(strlen(spf_problem_words((enum spf_problem)i)) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_back_as_they_were),
        cmocka_unit_test(verdicts_come_back_as_they_were),
        cmocka_unit_test(what_is_cut_or_longer_is_refused),
        cmocka_unit_test(what_is_out_of_range_is_refused),
        cmocka_unit_test(a_verdict_shows_printable_ascii_alone),
        cmocka_unit_test(every_result_and_problem_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
