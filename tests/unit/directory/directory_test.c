// SPDX-License-Identifier: BSD-2-Clause
#include "directory/directory.h"

#include "base/clock.h"
#include "case_lines.h"
#include "directory_fixture.h"
#include "rows.h"
#include "scratch.h"

#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void kinds_are_found(void **state)
{
    struct mailbox_row mailbox;
    struct domain_row domain;
    struct plan_row plan;

    (void)state;
    open_with(
        "plan basic max_mailboxes=7\n"
        "domain example.com stealth=true transport=[2001:db8::1]:25 batv=require receive_only=true\n"
        "mailbox user@example.com smtp_deny=true expiry_days=9 receive_only=true max_message_size=5000\n"
        "mailbox other@example.com\n");
    assert_int_equal(directory_plan(rows, SLICE("basic"), &plan), DIRECTORY_OK);
    assert_int_equal(plan.max_mailboxes, 7);
    assert_int_equal(directory_domain(rows, SLICE("example.com"), &domain), DIRECTORY_OK);
    assert_true(domain.stealth);
    assert_true(slice_equal(domain.transport, SLICE("[2001:db8::1]:25")));
    assert_int_equal(domain.batv, BATV_REQUIRE);
    assert_true(domain.receive_only);
    assert_int_equal(directory_mailbox(rows, SLICE("user@example.com"), &mailbox), DIRECTORY_OK);
    assert_true(mailbox.smtp_deny);
    assert_int_equal(mailbox.quota, -1);
    assert_int_equal(mailbox.expiry_days, 9);
    assert_true(mailbox.receive_only);
    assert_int_equal(mailbox.max_message_size, 5000);
    assert_int_equal(directory_mailbox(rows, SLICE("other@example.com"), &mailbox), DIRECTORY_OK);
    assert_false(mailbox.receive_only);
    assert_int_equal(mailbox.max_message_size, -1);
    assert_int_equal(directory_mailbox(rows, SLICE("nobody@example.com"), &mailbox), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_mailbox(rows, SLICE(""), &mailbox), DIRECTORY_NOT_FOUND);
}

static void aliases_come_at_one_go(void **state)
{
    struct slice targets[3];
    size_t count;

    (void)state;
    open_with("domain example.com\n"
              "alias a@example.com x@example.com\n"
              "alias info@example.com b@example.com\n"
              "alias info@example.com c@example.com\n"
              "alias info@example.co d@example.com\n"
              "alias z@example.com y@example.com\n");
    assert_int_equal(directory_aliases(rows, SLICE("info@example.com"), targets, 3, &count), DIRECTORY_OK);
    assert_int_equal(count, 2);
    assert_true(slice_equal(targets[0], SLICE("b@example.com")));
    assert_true(slice_equal(targets[1], SLICE("c@example.com")));
    assert_int_equal(directory_aliases(rows, SLICE("info@example.com"), targets, 1, &count), DIRECTORY_OK);
    assert_int_equal(count, 1);
    assert_int_equal(directory_aliases(rows, SLICE("info"), targets, 3, &count), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_aliases(rows, SLICE("zz@example.com"), targets, 3, &count),
                     DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_aliases(rows, SLICE(""), targets, 3, &count), DIRECTORY_NOT_FOUND);
}

static void domains_are_walked_in_order(void **state)
{
    struct domain_row domain = {.name = {NULL, 0}};
    size_t seen = 0;

    (void)state;
    open_with("domain b.example\ndomain a.example\ndomain c.example\n");
    while (directory_domain_after(rows, domain.name, &domain) == DIRECTORY_OK)
        assert_int_equal(domain.name.ptr[0], "abc"[seen++]);
    assert_int_equal(seen, 3);
    assert_int_equal(directory_domain_after(rows, SLICE("aa.example"), &domain), DIRECTORY_OK);
    assert_true(slice_equal(domain.name, SLICE("b.example")));
    assert_int_equal(directory_domain_after(rows, SLICE("c.example"), &domain), DIRECTORY_NOT_FOUND);
}

static void names_stand_for_domains(void **state)
{
    struct domain_row domain;

    (void)state;
    open_with("domain example.com alternate_name=examplecom.emailgency.example\n"
              "domain example.org\n"
              "domain_alias example.net domain=example.com\n");
    assert_int_equal(directory_domain_of(rows, SLICE("example.net"), &domain), DIRECTORY_OK);
    assert_true(slice_equal(domain.name, SLICE("example.com")));
    assert_int_equal(directory_domain_of(rows, SLICE("examplecom.emailgency.example"), &domain),
                     DIRECTORY_OK);
    assert_true(slice_equal(domain.name, SLICE("example.com")));
    assert_int_equal(directory_domain_of(rows, SLICE("example.org"), &domain), DIRECTORY_OK);
    assert_true(slice_equal(domain.name, SLICE("example.org")));
    assert_int_equal(directory_domain_of(rows, SLICE("example"), &domain), DIRECTORY_NOT_FOUND);
}

static void settings_have_fallbacks(void **state)
{
    (void)state;
    open_with("setting greylist_delay value=90\nsetting low value=-5\nsetting text value=abc\n"
              "setting greylist_shadow value=true\n");
    assert_int_equal(directory_setting_number(rows, "greylist_delay", 120), 90);
    assert_int_equal(directory_setting_number(rows, "low", 120), -5);
    assert_int_equal(directory_setting_number(rows, "text", 120), 120);
    assert_int_equal(directory_setting_number(rows, "missing", 120), 120);
    assert_true(directory_setting_flag(rows, "greylist_shadow", false));
    assert_true(directory_setting_flag(rows, "text", true));
}

static void lists_are_in_order(void **state)
{
    struct slice target;
    struct dnsbl_row list;

    (void)state;
    open_with("dnsbl b.example weight=2\ndnsbl a.example allow=true\n"
              "alias info@example.com b@example.com\nalias info@example.com a@example.com\n"
              "alias info2@example.com c@example.com\n");
    assert_int_equal(directory_dnsbl(rows, 0, &list), DIRECTORY_OK);
    assert_true(slice_equal(list.zone, SLICE("a.example")) && list.allow);
    assert_int_equal(directory_dnsbl(rows, 1, &list), DIRECTORY_OK);
    assert_int_equal(list.weight, 2);
    assert_int_equal(directory_dnsbl(rows, 2, &list), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_alias(rows, SLICE("info@example.com"), 1, &target), DIRECTORY_OK);
    assert_true(slice_equal(target, SLICE("b@example.com")));
    assert_int_equal(directory_alias(rows, SLICE("info@example.com"), 2, &target), DIRECTORY_NOT_FOUND);
}

static void whitelist_names_are_exact(void **state)
{
    struct slice domain = SLICE("example.com");

    (void)state;
    open_with("whitelist example.com a@good.example\nwhitelist example.com good.example\n"
              "whitelist example.com .below.example\nwhitelist example.com host:mx.example\n"
              "whitelist example.com host:.mx.example\nwhitelist example.co x.example\n");
    assert_true(directory_whitelisted(rows, domain, WHITELIST_ADDRESS, SLICE("a@good.example")));
    assert_true(directory_whitelisted(rows, domain, WHITELIST_DOMAIN, SLICE("good.example")));
    assert_true(directory_whitelisted(rows, domain, WHITELIST_BELOW, SLICE("below.example")));
    assert_true(directory_whitelisted(rows, domain, WHITELIST_HOST, SLICE("mx.example")));
    assert_true(directory_whitelisted(rows, domain, WHITELIST_HOST_BELOW, SLICE("mx.example")));
    assert_false(directory_whitelisted(rows, domain, WHITELIST_DOMAIN, SLICE("below.example")));
    assert_false(directory_whitelisted(rows, domain, WHITELIST_DOMAIN, SLICE("x.example")));
    assert_false(directory_whitelisted(rows, domain, WHITELIST_ADDRESS, SLICE("a@good.example\0b")));
    assert_true(directory_has_whitelist(rows, SLICE("example.co")));
    assert_false(directory_has_whitelist(rows, SLICE("example.c")));
}

// `client in entry entry …`: the entry that holds the client.
static void answer_network(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct slice client, rest, entry;
    char text[2048] = "plan basic\n";
    struct ip ip;

    slice_split(input, ' ', &client, &rest);
    assert_true(ip_parse(client, &ip));
    slice_split(rest, ' ', &entry, &rest); // "in"
    while (slice_split(rest, ' ', &entry, &rest), entry.len > 0) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "whitelist example.com %.*s\n", (int)entry.len, entry.ptr);
    }
    open_with(text);
    if (!directory_whitelisted_client(rows, SLICE("example.com"), &ip, &entry))
        entry = SLICE("none");
    assert_true(slice_copy(entry, out, CASE_ANSWER_MAX));
    directory_end(directory);
    directory_destroy(directory);
    rows = NULL;
    directory = NULL;
}

static void networks_hold_clients(void **state)
{
    (void)state;
    case_lines_check("directory/networks.cases", answer_network);
}

// Against a look at each network in turn.
static void networks_equal_a_scan(void **state)
{
    struct cidr networks[60];
    char text[8192] = "", name[CIDR_TEXT_MAX];
    struct ip ip = {.bits = 32, .bytes = {10}};

    (void)state;
    srand(5);
    for (int i = 0; i < 60; i++) {
        size_t used = strlen(text);

        for (int byte = 1; byte < 4; byte++)
            ip.bytes[byte] = (uint8_t)(rand() % 4);
        networks[i] = cidr_of(&ip, (unsigned)(10 + rand() % 23));
        cidr_format(&networks[i], name);
        snprintf(text + used, sizeof(text) - used, "whitelist example.com %s\n", name);
    }
    open_with(text);
    for (int i = 0; i < 20000; i++) {
        bool expected = false;

        for (int byte = 1; byte < 4; byte++)
            ip.bytes[byte] = (uint8_t)(rand() % 5);
        for (int n = 0; n < 60; n++)
            expected |= cidr_contains(&networks[n], &ip);
        assert_int_equal(directory_whitelisted_client(rows, SLICE("example.com"), &ip, NULL), expected);
    }
}

static void missing_replica_is_looked_for_once_a_second(void **state)
{
    (void)state;
    clock_set(1000, 1000);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_UNAVAILABLE);
    assert_non_null(strstr(directory_problem(directory), "is emailgency-replicator running?"));
    load("plan basic\n");
    clock_set(1000, 1999);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_UNAVAILABLE);
    clock_set(1001, 2000);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
}

static void new_state_is_seen_and_versioned(void **state)
{
    struct plan_row plan;
    uint64_t version;

    (void)state;
    open_with("plan basic\n");
    version = directory_version(rows);
    directory_end(directory);
    directory_destroy(directory); // one handle per process
    open_with("plan other\n");
    assert_int_not_equal(directory_version(rows), version);
    assert_int_equal(directory_plan(rows, SLICE("basic"), &plan), DIRECTORY_NOT_FOUND);
    assert_int_equal(directory_plan(rows, SLICE("other"), &plan), DIRECTORY_OK);
}

static void note_meta(const char *word, const char *text)
{
    MDB_val k = {strlen(word), (void *)word}, v = {strlen(text), (void *)text};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;

    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 16), 0);
    assert_int_equal(mdb_env_open(env, path, 0, 0660), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "meta", MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void other_layout_is_refused(void **state)
{
    (void)state;
    load("plan basic\n");
    note_meta("layout", "999");
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_UNAVAILABLE);
    assert_non_null(strstr(directory_problem(directory), "layout 999"));
}

static void empty_environment_is_no_replica(void **state)
{
    (void)state;
    note_meta("other", "x");
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_UNAVAILABLE);
    assert_non_null(strstr(directory_problem(directory), "not loaded yet"));
}

static void proof_of_currency_is_read(void **state)
{
    (void)state;
    open_with("plan basic\n");
    assert_int_equal(directory_checked_at(rows), 0);
    directory_end(directory);
    directory_destroy(directory);
    note_meta("checked_at", "1234567890");
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    assert_int_equal(directory_checked_at(rows), 1234567890);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(kinds_are_found),
        CASE(aliases_come_at_one_go),
        CASE(domains_are_walked_in_order),
        CASE(names_stand_for_domains),
        CASE(settings_have_fallbacks),
        CASE(lists_are_in_order),
        CASE(whitelist_names_are_exact),
        CASE(networks_hold_clients),
        CASE(networks_equal_a_scan),
        CASE(missing_replica_is_looked_for_once_a_second),
        CASE(new_state_is_seen_and_versioned),
        CASE(other_layout_is_refused),
        CASE(empty_environment_is_no_replica),
        CASE(proof_of_currency_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
