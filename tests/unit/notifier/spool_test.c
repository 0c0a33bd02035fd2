// SPDX-License-Identifier: BSD-2-Clause
// The files for the time without a database, damaged and cut; the lines of probes; the state of an absence.
#include "notifier/away/absence.h"
#include "notifier/rounds/probe_spool_line.h"
#include "notifier/spool/spool_file.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[4096];
static char seen[8192];

static bool note(struct slice line, void *arg)
{
    (void)arg;
    const size_t used = strlen(seen);
    snprintf(seen + used, sizeof seen - used, "[%.*s]", (int)line.len, line.ptr);
    return line.len == 0 || line.ptr[0] != '!';
}

static void write_file(const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static struct spool_file *open_with(const char *text, unsigned bad)
{
    if (text)
        write_file(text);
    seen[0] = '\0';
    struct spool_file *file = spool_file_create(path, 100);
    assert_int_equal(spool_file_read(file, note, NULL), bad);
    return file;
}

static void test_lines(void **state)
{
    (void)state;
    unlink(path);
    struct spool_file *file = open_with(NULL, 0);
    assert_true(spool_file_add(file, "one"));
    assert_true(spool_file_add(file, "two"));
    spool_file_destroy(file);
    file = open_with(NULL, 0);
    assert_string_equal(seen, "[one][two]");
    assert_true(spool_file_add(file, "three"));
    spool_file_clear(file);
    assert_true(spool_file_add(file, "four"));
    spool_file_destroy(file);
    spool_file_destroy(open_with(NULL, 0));
    assert_string_equal(seen, "[four]");
}

static void test_damage(void **state)
{
    (void)state;
    struct spool_file *file = open_with("one\n!two\nthr", 2);
    assert_string_equal(seen, "[one][!two]");
    assert_true(spool_file_add(file, "four")); // is not joined to what was cut
    spool_file_destroy(file);
    spool_file_destroy(open_with(NULL, 1));
    assert_string_equal(seen, "[one][!two][four]");
}

static void test_bound(void **state)
{
    (void)state;
    char text[80];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct spool_file *file = open_with("", 0);
    assert_true(spool_file_add(file, text));
    assert_false(spool_file_add(file, text));
    assert_int_equal(spool_file_size(file), sizeof text);
    spool_file_destroy(file);
    file = spool_file_create("", 100);
    assert_int_equal(spool_file_read(file, note, NULL), 0);
    assert_false(spool_file_add(file, "one"));
    spool_file_clear(file);
    spool_file_destroy(file);
    file = spool_file_create("/nonexistent/spool", 100);
    assert_false(spool_file_add(file, "one"));
    spool_file_destroy(file);
}

static void write_two(FILE *out, void *arg)
{
    (void)arg;
    fputs("five\nsix\n", out);
}

static void test_replace(void **state)
{
    (void)state;
    struct spool_file *file = open_with("one\n", 0);
    assert_true(spool_file_replace(file, write_two, NULL));
    assert_true(spool_file_add(file, "seven"));
    spool_file_destroy(file);
    spool_file_destroy(open_with(NULL, 0));
    assert_string_equal(seen, "[five][six][seven]");
}

static void test_probe_line(void **state)
{
    (void)state;
    char text[PROBE_SPOOL_LINE_MAX];
    struct probe_spool_line line = {.change = true,
                                    .domain = "example.com",
                                    .reply = "192.0.2.7: 550 n\xc3\xb6\n"},
                            back;
    line.history.state = JUDGE_DOWN;
    for (unsigned i = 0; i < 3; i++)
        judge_history_add(&line.history, 1000000 + i, i == 0);
    probe_spool_line_format(&line, text);
    assert_string_equal(text, "change example.com down 100 {1000000,1000001,1000002} 192.0.2.7: 550 n???");
    assert_true(probe_spool_line_parse(slice_from(text), &back));
    assert_true(back.change && back.history.count == 3 && back.history.state == JUDGE_DOWN);
    assert_int_equal(back.history.probes[2].at, 1000002);
    for (unsigned i = 0; i < 2 * JUDGE_HISTORY_MAX; i++)
        judge_history_add(&line.history, INT64_MAX - 100 + i, false);
    memset(line.reply, 'x', sizeof line.reply - 1);
    memset(line.domain, 'd', 250);
    line.domain[250] = '\0';
    for (size_t i = 60; i < 250; i += 60)
        line.domain[i] = '.';
    probe_spool_line_format(&line, text);
    assert_true(probe_spool_line_parse(slice_from(text), &back));
    assert_string_equal(back.reply, line.reply);
    assert_int_equal(back.history.count, JUDGE_HISTORY_MAX);
}

static void test_damaged_probe_lines(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "change",
        "change example.com down 1 {1}",
        "changed example.com down 1 {1} x",
        "change exa_mple..com down 1 {1} x",
        "change example.com gone 1 {1} x",
        "change example.com down 12 {1,2} x",
        "change example.com down 11 {1} x",
        "change example.com down 1 1 x",
        "change example.com down 1 {x} x",
        "result example.com down  {} x",
        "result example.com down 0000000000000000000000 {1} x",
    };
    struct probe_spool_line line;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        if (probe_spool_line_parse(slice_from(bad[i]), &line))
            fail_msg("taken: %s", bad[i]);
    assert_true(probe_spool_line_parse(SLICE("result example.com up 1 {1} "), &line));
}

static void test_absence(void **state)
{
    (void)state;
    struct absence absence;
    struct spool_file *file;
    unlink(path);
    file = spool_file_create(path, 10000);
    absence_read(&absence, file);
    assert_int_equal(absence.since, 0);
    absence_begin(&absence, file, 100);
    absence_add_contact(&absence, SLICE("a@example.com"));
    absence_add_contact(&absence, SLICE("+41791234567"));
    absence_add_contact(&absence, SLICE("a@example.com"));
    assert_int_equal(absence.count, 2);
    assert_int_equal(absence_next(&absence, 0), 0);
    absence_set_sent(&absence, file, 0);
    assert_int_equal(absence_next(&absence, 0), 1);
    absence_end(&absence, file, 200);
    assert_int_equal(absence_next(&absence, 0), 0); // the other one got no begin
    spool_file_destroy(file);
    file = spool_file_create(path, 10000);
    absence_read(&absence, file);
    assert_true(absence.since == 100 && absence.until == 200 && absence.count == 1 &&
                absence.contacts[0].sent);
    absence_set_ended(&absence, file, 0);
    assert_int_equal(absence_next(&absence, 0), ABSENCE_CONTACTS_MAX);
    absence_resume(&absence, file);
    assert_int_equal(absence_next(&absence, 0), 0);
    spool_file_destroy(file);
    file = spool_file_create(path, 10000);
    absence_read(&absence, file);
    assert_true(absence.since == 100 && !absence.until && absence.count == 0);
    absence_clear(&absence, file);
    spool_file_destroy(file);
}

static void test_very_many_contacts(void **state)
{
    (void)state;
    struct absence absence = {.since = 1};
    for (unsigned i = 0; i < 3 * ABSENCE_CONTACTS_MAX; i++) {
        char address[40];
        snprintf(address, sizeof address, "u%u@example.com", i);
        absence_add_contact(&absence, slice_from(address));
    }
    assert_int_equal(absence.count, ABSENCE_CONTACTS_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_damage),
        cmocka_unit_test(test_bound),      cmocka_unit_test(test_replace),
        cmocka_unit_test(test_probe_line), cmocka_unit_test(test_damaged_probe_lines),
        cmocka_unit_test(test_absence),    cmocka_unit_test(test_very_many_contacts),
    };
    snprintf(path, sizeof path, "%s/spool", scratch_make());
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove();
    return failed;
}
