// SPDX-License-Identifier: BSD-2-Clause
#include "case_lines.h"
#include "policyd/identity/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct identity_rules *rules;

static int load_rules(void **state)
{
    (void)state;
    rules = identity_rules_create();
    return rules ? 0 : -1;
}

static int free_rules(void **state)
{
    (void)state;
    identity_rules_destroy(rules);
    identity_rules_destroy(NULL);
    return 0;
}

static struct ip address(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(slice_from(text), &ip));
    return ip;
}

// "address name"
static void identify(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice client, name;
    struct ip ip;
    struct identity identity;
    slice_split(input, ' ', &client, &name);
    assert_true(ip_parse(client, &ip));
    identity_of(rules, &ip, slice_trim(name), &identity);
    snprintf(out, CASE_ANSWER_MAX, "%s", identity.text);
    assert_int_equal(identity.named, strcmp(identity.text, identity.network) != 0);
}

static void test_cases(void **state)
{
    (void)state;
    case_lines_check("policyd/identity.cases", identify);
}

static void test_network_is_given_beside_the_name(void **state)
{
    (void)state;
    struct identity identity;
    struct ip client = address("192.0.2.25");
    identity_of(rules, &client, SLICE("mail.example.com"), &identity);
    assert_true(identity.named);
    assert_string_equal(identity.text, "example.com");
    assert_string_equal(identity.network, "192.0.2.0/24");
    client = address("2001:db8:1:2:3:4:5:6");
    identity_of(rules, &client, SLICE("mail.example.com"), &identity);
    assert_string_equal(identity.network, "2001:db8:1:2::/64");
}

static void test_dynamic_is_no_name(void **state)
{
    (void)state;
    struct ip client = address("192.0.2.1");
    assert_true(identity_name_dynamic(SLICE("IP-192-0-2-1.example.net"), &client));
    assert_true(identity_name_dynamic(SLICE("h1.DSL.example.net"), &client));
    assert_false(identity_name_dynamic(SLICE("mail.example.net"), &client));
    assert_false(identity_name_dynamic(SLICE("unknown"), &client));
    assert_false(identity_name_dynamic(SLICE("192.0.2.1.example.net\n"), &client));
    assert_false(identity_name_dynamic(slice_from(NULL), &client));
}

// A name as long as DNS lets it be still has a domain; a longer one is none.
static void test_long_names(void **state)
{
    (void)state;
    static const struct slice domain = {"example.com", 11};
    char name[600];
    struct identity identity;
    struct ip client = address("192.0.2.25");
    for (size_t len = 13; len < sizeof name; len += 2) {
        memset(name, 'a', len);
        for (size_t i = 1; i < len; i += 2)
            name[i] = '.';
        memcpy(name + len - domain.len, domain.ptr, domain.len);
        identity_of(rules, &client, slice_make(name, len), &identity);
        assert_string_equal(identity.text, len <= ADDRESS_DOMAIN_MAX ? "example.com" : "192.0.2.0/24");
    }
}

// Any byte, or mostly one of a name.
static char random_byte(void)
{
    static const char usual[] = "ab.-_019cdfdsl.";
    if (rand() % 50 == 0)
        return (char)(rand() & 0xff);
    return usual[(size_t)rand() % (sizeof usual - 1)];
}

// Whatever bytes a name holds, the identity is a domain or the network.
static void test_any_bytes_give_a_domain_or_the_network(void **state)
{
    (void)state;
    static const char *const clients[] = {"192.0.2.1", "2001:db8::1"};
    char name[300];
    struct identity identity;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        struct ip client = address(clients[round % 2]);
        size_t len = (size_t)rand() % sizeof name;
        for (size_t i = 0; i < len; i++)
            name[i] = random_byte();
        identity_of(rules, &client, slice_make(name, len), &identity);
        assert_true(identity.named ? address_domain_valid(slice_from(identity.text))
                                   : strcmp(identity.text, identity.network) == 0);
    }
}

static void test_without_a_list_every_client_is_its_network(void **state)
{
    (void)state;
    struct identity identity;
    const struct ip client = address("192.0.2.1");
    identity_of(NULL, &client, SLICE("mail.b.example"), &identity);
    assert_false(identity.named);
    assert_string_equal(identity.text, "192.0.2.0/24");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_network_is_given_beside_the_name),
        cmocka_unit_test(test_dynamic_is_no_name),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_without_a_list_every_client_is_its_network),
        cmocka_unit_test(test_any_bytes_give_a_domain_or_the_network),
    };
    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
