// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of each map: tests/cases/transportmap/MAP.cases with the rows of lookup.rows. Rows that the
// database or the replicator would refuse are in lookup_fault_test.c.
#include "transportmap/lookup/lookup.h"

#include "case_lines.h"
#include "file_text.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct directory *directory;
static const struct directory_snapshot *rows;
static enum lookup_map asked;

static int set_up(void **state)
{
    struct problem problem;
    char *text = file_text_read(EMG_CASES "/transportmap/lookup.rows");
    const char *path = scratch_make();
    (void)state;
    if (!rows_load(path, text, &problem))
        fail_msg("%s", problem.text);
    free(text);
    directory = directory_create(path);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    directory_end(directory);
    directory_destroy(directory);
    scratch_remove();
    return 0;
}

static void answer(struct slice key, char out[CASE_ANSWER_MAX])
{
    static const char *const words[] = {"OK", "NOTFOUND", "TEMP"};
    static const struct route_rules rules = {.lmtp_destination = "unix:private/dovecot-lmtp",
                                             .round_trip_destination = "unix:emailgency/round-trip",
                                             .own_hosts =
                                                 "mx.service.example, MX2.service.example 192.0.2.251",
                                             .ipv4 = true,
                                             .ipv6 = true};
    static struct lookup_answer found;
    lookup(rows, &rules, asked, key, &found);
    assert_int_equal(found.len, strlen(found.text));
    assert_int_equal(found.len == 0, found.status == LOOKUP_NOT_FOUND);
    snprintf(out, CASE_ANSWER_MAX, "%s %.600s ; %s %s", words[found.status], found.text,
             lookup_reason_word(found.reason), found.domain[0] ? found.domain : "-");
}

static void check(enum lookup_map map)
{
    char path[128];
    asked = map;
    snprintf(path, sizeof path, "transportmap/%s.cases", lookup_map_name(map));
    case_lines_check(path, answer);
}

static void transport_answers(void **state)
{
    (void)state;
    check(LOOKUP_TRANSPORT);
}

static void f10_probe_transport_answers(void **state)
{
    (void)state;
    check(LOOKUP_PROBE_TRANSPORT);
}

static void relay_domains_answers(void **state)
{
    (void)state;
    check(LOOKUP_RELAY_DOMAINS);
}

static void relay_recipients_answers(void **state)
{
    (void)state;
    check(LOOKUP_RELAY_RECIPIENTS);
}

static void virtual_alias_answers(void **state)
{
    (void)state;
    check(LOOKUP_VIRTUAL_ALIAS);
}

static void sender_login_answers(void **state)
{
    (void)state;
    check(LOOKUP_SENDER_LOGIN);
}

static void maps_have_their_names(void **state)
{
    enum lookup_map map;
    (void)state;
    assert_true(lookup_map_named(SLICE("virtual_alias"), &map));
    assert_int_equal(map, LOOKUP_VIRTUAL_ALIAS);
    assert_false(lookup_map_named(SLICE("virtual"), &map));
    assert_false(lookup_map_named(SLICE(""), &map));
    assert_false(lookup_map_named(SLICE("transport\0"), &map));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transport_answers),     cmocka_unit_test(f10_probe_transport_answers),
        cmocka_unit_test(relay_domains_answers), cmocka_unit_test(relay_recipients_answers),
        cmocka_unit_test(virtual_alias_answers), cmocka_unit_test(sender_login_answers),
        cmocka_unit_test(maps_have_their_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
