// SPDX-License-Identifier: BSD-2-Clause
// Rows that should have been refused, aliases without end, and settings: the answers stay defined, and never
// is there a wrong route.
#include "transportmap/lookup/lookup.h"

#include "directory/expansion.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAP_SIZE ((size_t)64 << 20)

static const char *path;
static struct directory *directory;
static const struct directory_snapshot *rows;
static struct lookup_answer found;
static struct route_rules rules;

static int set_up(void **state)
{
    (void)state;
    path = scratch_make();
    directory = NULL;
    rules = (struct route_rules){.lmtp_destination = "inet:127.0.0.1:24", .ipv4 = true, .ipv6 = true};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (directory)
        directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static void load(const char *text)
{
    struct problem problem;
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
}

// Puts a row past all checks.
static void put(enum directory_kind kind, const union schema_row *row)
{
    struct problem problem;
    struct replica_writer *writer;
    assert_int_equal(replica_writer_create(path, MAP_SIZE, &writer, &problem), REPLICA_WRITER_OK);
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    replica_writer_put(writer, kind, row);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    replica_writer_destroy(writer);
}

static void open_rows(void)
{
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
}

static void ask(enum lookup_map map, const char *key)
{
    lookup(rows, &rules, map, slice_from(key), &found);
}

static void check_temp(enum lookup_map map, const char *key, enum lookup_reason reason)
{
    ask(map, key);
    assert_int_equal(found.status, LOOKUP_TEMP);
    assert_int_equal(found.reason, reason);
    assert_true(found.len > 0);
}

static void check_found(enum lookup_map map, const char *key, const char *text)
{
    ask(map, key);
    assert_int_equal(found.status, LOOKUP_FOUND);
    assert_string_equal(found.text, text);
}

static void malformed_transports_are_no_route(void **state)
{
    static const char *const transports[] = {
        "[127.0.0.1",
        "127.0.0.1]",
        "[]",
        "mail.example.com:0",
        "mail.example.com:65536",
        "a b",
        "mail..example",
        ":25",
        "mail.example.com:",
        "[mail.example.com]:25",
        "smtp:[a]:25",
        "mail.example,b",
        "2001:db8::1",
        "-",
        "mail.example.com:25 ",
    };
    (void)state;
    load("domain good.example transport=192.0.2.1\n");
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "d%zu.example", i);
        union schema_row row = {.domain = {.name = slice_from(name),
                                           .plan = SLICE("basic"),
                                           .alternate_name = SLICE(""),
                                           .transport = slice_from(transports[i])}};
        put(DIRECTORY_DOMAIN, &row);
    }
    open_rows();
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        char key[64];
        snprintf(key, sizeof key, "user@d%zu.example", i);
        check_temp(LOOKUP_TRANSPORT, key, LOOKUP_BROKEN_ROUTE);
    }
    check_found(LOOKUP_TRANSPORT, "user@good.example", "relay:[192.0.2.1]:25");
    check_found(LOOKUP_RELAY_DOMAINS, "d0.example", "OK");
}

static void targets_that_are_no_addresses_stop_it(void **state)
{
    static const char *const targets[] = {"a@b.example,c@d.example", "a b@c.example", "nobody", "@b.example",
                                          "A@b.example"};
    (void)state;
    load("domain example.com\nmailbox user@example.com\n");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char address[64];
        snprintf(address, sizeof address, "a%zu@example.com", i);
        union schema_row row = {.alias = {.address = slice_from(address), .target = slice_from(targets[i])}};
        put(DIRECTORY_ALIAS, &row);
    }
    open_rows();
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char address[64];
        snprintf(address, sizeof address, "a%zu@example.com", i);
        check_temp(LOOKUP_VIRTUAL_ALIAS, address, LOOKUP_UNREADABLE);
        check_temp(LOOKUP_RELAY_RECIPIENTS, address, LOOKUP_UNREADABLE);
    }
}

// `count` aliases of `all@example.com`, and a chain c0 → c1 → … of as many links to user@example.com.
static void load_many(size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fprintf(out, "domain example.com keep_copy=false verify_recipients=false\nmailbox user@example.com\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "alias all@example.com a%zu@elsewhere.example\n", i);
        fprintf(out, "alias c%zu@example.com c%zu@example.com\n", i, i + 1);
    }
    fprintf(out, "alias c%zu@example.com user@example.com\n", count);
    fclose(out);
    load(text);
    free(text);
    open_rows();
}

static void many_targets_are_served(void **state)
{
    (void)state;
    load_many(EXPANSION_MAX - 2);
    ask(LOOKUP_VIRTUAL_ALIAS, "all@example.com");
    assert_int_equal(found.status, LOOKUP_FOUND);
    size_t commas = 0;
    for (size_t i = 0; i < found.len; i++)
        commas += found.text[i] == ',';
    assert_int_equal(commas, EXPANSION_MAX - 3);
    check_found(LOOKUP_VIRTUAL_ALIAS, "c0@example.com", "user@example.com");
}

static void too_many_targets_wait(void **state)
{
    (void)state;
    load_many(EXPANSION_MAX + 5);
    check_temp(LOOKUP_VIRTUAL_ALIAS, "all@example.com", LOOKUP_TOO_MANY);
    check_temp(LOOKUP_RELAY_RECIPIENTS, "all@example.com", LOOKUP_TOO_MANY);
    check_temp(LOOKUP_VIRTUAL_ALIAS, "c0@example.com", LOOKUP_TOO_MANY);
    check_found(LOOKUP_VIRTUAL_ALIAS, "c500@example.com", "user@example.com");
}

static void other_protocols_wait(void **state)
{
    (void)state;
    load("domain six.example transport=[2001:db8::25]\ndomain four.example transport=192.0.2.25\n"
         "domain name.example transport=mail.example\n");
    open_rows();
    rules.ipv6 = false;
    check_temp(LOOKUP_TRANSPORT, "a@six.example", LOOKUP_UNREACHABLE);
    check_found(LOOKUP_TRANSPORT, "a@four.example", "relay:[192.0.2.25]:25");
    check_found(LOOKUP_TRANSPORT, "a@name.example", "relay:[mail.example]:25");
    rules.ipv6 = true;
    rules.ipv4 = false;
    check_temp(LOOKUP_TRANSPORT, "a@four.example", LOOKUP_UNREACHABLE);
    check_found(LOOKUP_TRANSPORT, "a@six.example", "relay:[2001:db8::25]:25");
}

static void delimiters_are_the_settings(void **state)
{
    (void)state;
    load("setting recipient_delimiter value=-=\ndomain example.com verify_recipients=false\n"
         "mailbox user@example.com\nmailbox owner@example.com\nmailbox a+b@example.com\n");
    open_rows();
    check_found(LOOKUP_RELAY_RECIPIENTS, "user-x@example.com", "OK");
    check_found(LOOKUP_RELAY_RECIPIENTS, "user=x-y@example.com", "OK");
    check_found(LOOKUP_RELAY_RECIPIENTS, "a+b-c@example.com", "OK");
    ask(LOOKUP_RELAY_RECIPIENTS, "user+x@example.com");
    assert_int_equal(found.status, LOOKUP_NOT_FOUND);
    ask(LOOKUP_RELAY_RECIPIENTS, "owner-list@example.com"); // as Postfix: src/global/split_addr.c
    assert_int_equal(found.status, LOOKUP_NOT_FOUND);
    ask(LOOKUP_RELAY_RECIPIENTS, "user-request@example.com");
    assert_int_equal(found.status, LOOKUP_NOT_FOUND);
}

static void no_delimiter_is_none(void **state)
{
    (void)state;
    load("setting recipient_delimiter value=null\ndomain example.com verify_recipients=false\n"
         "mailbox user@example.com\n");
    open_rows();
    ask(LOOKUP_RELAY_RECIPIENTS, "user+x@example.com");
    assert_int_equal(found.status, LOOKUP_NOT_FOUND);
}

// The mail arrives without its extension; with two bytes less, which quotes might need, it has it.
static void test_f13_extensions_too_long_for_the_target(void **state)
{
    char key[ADDRESS_MAX + 1], target[ADDRESS_MAX + 1];
    (void)state;
    load(
        "domain e.example mode=primary verify_recipients=false\nalias a@e.example other@elsewhere.example\n");
    open_rows();
    snprintf(key, sizeof key, "a+%0*d@e.example", ADDRESS_MAX - 25, 0);
    check_found(LOOKUP_VIRTUAL_ALIAS, key, "other@elsewhere.example");
    snprintf(key, sizeof key, "a+%0*d@e.example", ADDRESS_MAX - 26, 0);
    snprintf(target, sizeof target, "other+%0*d@elsewhere.example", ADDRESS_MAX - 26, 0);
    check_found(LOOKUP_VIRTUAL_ALIAS, key, target);
}

// Rows of a loop each of whose turns makes the extension longer: an end, and not a slow one.
static void test_f13_growth_through_extensions_ends(void **state)
{
    static char text[1 << 20];
    size_t len = (size_t)snprintf(text, sizeof text, "domain g.example\nmailbox end@g.example\n");
    (void)state;
    for (int i = 0; i < 300; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "alias a%d@g.example a%d+x@g.example\nalias a%d@g.example end@g.example\n", i,
                                (i + 1) % 300, i);
    load(text);
    open_rows();
    ask(LOOKUP_VIRTUAL_ALIAS, "a7@g.example");
    assert_int_not_equal(found.status, LOOKUP_NOT_FOUND);
    ask(LOOKUP_RELAY_RECIPIENTS, "a7+y@g.example");
    assert_int_not_equal(found.status, LOOKUP_NOT_FOUND);
}

// A name so long that the store's form of it is none: the customer's copy goes alone; where the store is all
// there is, mail waits.
static void names_too_long_for_the_store(void **state)
{
    char name[ADDRESS_DOMAIN_MAX], text[1024], key[ADDRESS_MAX];
    (void)state;
    snprintf(name, sizeof name, "%060d.%060d.%060d.%057d.example", 0, 0, 0, 0);
    assert_true(strlen(name) > 239 && strlen(name) <= 253);
    snprintf(text, sizeof text, "domain %s\nmailbox u@%s\n", name, name);
    load(text);
    open_rows();
    snprintf(key, sizeof key, "u@%s", name);
    check_found(LOOKUP_VIRTUAL_ALIAS, key, key);
    directory_end(directory);
    directory_destroy(directory);
    snprintf(text, sizeof text, "domain %s mode=primary\nmailbox u@%s\n", name, name);
    load(text);
    open_rows();
    check_temp(LOOKUP_VIRTUAL_ALIAS, key, LOOKUP_UNSTORABLE);
}

// The folder of the longest name there can be; an address that no row can have is cut to it.
static void local_parts_too_long_for_the_store(void **state)
{
    char key[ADDRESS_MAX], store[ADDRESS_MAX + 64];
    (void)state;
    load("domain p.example mode=primary catchall=true\n");
    open_rows();
    snprintf(key, sizeof key, "%0300d@p.example", 0);
    snprintf(store, sizeof store, "%0190d@p.example.store.invalid", 0);
    check_found(LOOKUP_VIRTUAL_ALIAS, key, store);
    snprintf(key, sizeof key, "\"%*s\"@p.example", 250, "");
    check_found(LOOKUP_RELAY_RECIPIENTS, key, "OK");
    ask(LOOKUP_VIRTUAL_ALIAS, key);
    assert_int_equal(found.len, 192 + strlen("@p.example.store.invalid"));
}

static void test_f16_an_empty_local_part_has_its_own_folder(void **state)
{
    (void)state;
    load("domain p.example mode=primary catchall=true\n");
    open_rows();
    check_found(LOOKUP_VIRTUAL_ALIAS, "\"\"@p.example", "=22=22@p.example.store.invalid");
    check_found(LOOKUP_VIRTUAL_ALIAS, "\" \"@p.example", "=20@p.example.store.invalid");
    ask(LOOKUP_VIRTUAL_ALIAS, "@p.example");
    assert_int_equal(found.status, LOOKUP_NOT_FOUND);
}

static void without_rows_all_wait(void **state)
{
    (void)state;
    lookup_without_rows(&found);
    assert_int_equal(found.status, LOOKUP_TEMP);
    assert_int_equal(found.reason, LOOKUP_NO_DIRECTORY);
    assert_int_equal(found.len, strlen(found.text));
    assert_true(found.len > 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(malformed_transports_are_no_route),
        CASE(targets_that_are_no_addresses_stop_it),
        CASE(many_targets_are_served),
        CASE(too_many_targets_wait),
        CASE(other_protocols_wait),
        CASE(delimiters_are_the_settings),
        CASE(no_delimiter_is_none),
        CASE(test_f13_extensions_too_long_for_the_target),
        CASE(test_f13_growth_through_extensions_ends),
        CASE(names_too_long_for_the_store),
        CASE(local_parts_too_long_for_the_store),
        CASE(test_f16_an_empty_local_part_has_its_own_folder),
        CASE(without_rows_all_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
