// SPDX-License-Identifier: BSD-2-Clause
// Questions that a check asks at once, so that it waits for few round trips.
#include "spf/spf.h"
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

// Answers what a round asked for in the next one.
struct asked {
    struct zone *zone;
    unsigned rounds, count;
    struct spf_question questions[SPF_QUESTIONS_MAX];
};

static const struct dns_answer *find(void *arg, const struct spf_question *question)
{
    struct asked *asked = arg;
    for (unsigned i = 0; i < asked->count; i++)
        if (asked->questions[i].type == question->type &&
            strcmp(asked->questions[i].name, question->name) == 0)
            return zone_find(asked->zone, question);
    return NULL;
}

// Writes the questions of each round on a line.
static enum spf_result check(struct zone *zone, const char *sender, char *out, size_t size)
{
    struct asked asked = {.zone = zone};
    struct spf_request request = {.identity = SPF_MAIL_FROM, .helo = "x.example"};
    struct spf_answers answers = {.find = find, .arg = &asked};
    struct spf_verdict verdict;
    struct spf_needs needs;
    size_t len = 0;
    out[0] = '\0';
    slice_copy(slice_from(sender), request.sender, sizeof request.sender);
    assert_true(ip_parse(SLICE("192.0.2.1"), &request.client));
    while (spf_check(&request, &answers, &verdict, &needs) == SPF_WAITING) {
        for (unsigned i = 0; i < needs.count; i++) {
            asked.questions[asked.count++] = needs.questions[i];
            len += (size_t)snprintf(out + len, size - len, "%s%s %d", i ? ", " : "", needs.questions[i].name,
                                    (int)needs.questions[i].type);
        }
        len += (size_t)snprintf(out + len, size - len, "\n");
    }
    zone_destroy(zone);
    return verdict.result;
}

static void add(struct zone *zone, const char *name, const char *type, const char *data)
{
    assert_true(zone_add(zone, slice_from(name), slice_from(type), slice_from(data)));
}

static void test_terms_behind(void **state)
{
    char rounds[2048];
    struct zone *zone = zone_create();
    (void)state;
    add(zone, "d.example", "TXT",
        "v=spf1 a:one.example ip4:203.0.113.1 include:%{d2}.two.example include:three.example "
        "exists:four.example ptr "
        "mx:five.example redirect=six.example");
    add(zone, "three.example", "TXT", "v=spf1 ip4:192.0.2.1 include:seven.example");
    add(zone, "one.example", "A", "192.0.2.9");
    add(zone, "d.example.two.example", "TXT", "v=spf1 -all");
    assert_int_equal(check(zone, "user@d.example", rounds, sizeof rounds), SPF_PASS);
    assert_string_equal(rounds, "d.example 16\n"
                                "one.example 1, three.example 16, five.example 15, six.example 16\n"
                                "d.example.two.example 16\n");
}

// After the tenth term that looks up there is nothing to ask.
static void test_limit(void **state)
{
    char rounds[2048];
    struct zone *zone = zone_create();
    (void)state;
    add(zone, "d.example", "TXT",
        "v=spf1 include:1.example include:2.example include:3.example include:4.example include:5.example "
        "include:6.example include:7.example include:8.example include:9.example include:10.example "
        "include:11.example -all");
    add(zone, "1.example", "TXT", "v=spf1 include:a.example include:b.example include:c.example");
    add(zone, "a.example", "TXT", "v=spf1 +all");
    assert_int_equal(check(zone, "user@d.example", rounds, sizeof rounds), SPF_PASS);
    assert_string_equal(rounds, "d.example 16\n"
                                "1.example 16, 2.example 16, 3.example 16, 4.example 16, 5.example 16, "
                                "6.example 16, 7.example 16, 8.example 16, 9.example 16, 10.example 16\n"
                                "a.example 16, b.example 16, c.example 16\n");
}

static void test_hosts(void **state)
{
    char rounds[2048];
    struct zone *zone = zone_create();
    (void)state;
    add(zone, "d.example", "TXT", "v=spf1 mx ptr exists:%{p}.four.example ?all");
    add(zone, "d.example", "MX", "10 m1.example");
    add(zone, "d.example", "MX", "5 m2.example");
    add(zone, "d.example", "MX", "5 m1.example");
    add(zone, "1.2.0.192.in-addr.arpa", "PTR", "n1.d.example");
    add(zone, "1.2.0.192.in-addr.arpa", "PTR", "n2.example");
    add(zone, "1.2.0.192.in-addr.arpa", "PTR", "n3.D.example");
    assert_int_equal(check(zone, "user@d.example", rounds, sizeof rounds), SPF_NEUTRAL);
    assert_string_equal(rounds, "d.example 16\n"
                                "d.example 15\n"
                                "m1.example 1, m2.example 1\n"
                                "1.2.0.192.in-addr.arpa 12\n"
                                "n1.d.example 1, n3.d.example 1\n"
                                "n2.example 1\n"
                                "unknown.four.example 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms_behind),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
