// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of files with Emailgency's lines: tests/cases/ctl/setup/KIND-NAME.before and .after, and that
// undo gives each back byte by byte, also where it was cut, has other line ends or was edited.
#include "ctl/setup/setup_file.h"
#include "ctl/setup/setup_main_cf.h"
#include "ctl/setup/setup_mark.h"
#include "ctl/setup/setup_master_cf.h"
#include "ctl/setup/setup_rule.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CASES EMG_CASES "/ctl/setup/"

static struct setup_text shipped_main_cf, shipped_master_cf;

static void read_text(const char *path, struct setup_text *out)
{
    char part[4096];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s", path);
    while ((got = fread(part, 1, sizeof part, file)) > 0)
        setup_text_add(out, slice_make(part, got));
    assert_int_equal(fclose(file), 0);
}

static bool apply_main_cf(struct slice in, bool drop, struct setup_text *out, struct problem *problem)
{
    struct setup_text notes = {0};
    const struct setup_main_cf setup = {
        .in = in, .snippet = setup_text_slice(&shipped_main_cf), .drop_permit_mynetworks = drop};
    const bool done = setup_main_cf_apply(&setup, out, &notes, problem);
    setup_text_finish(&notes);
    return done;
}

static void apply_master_cf(struct slice in, struct setup_text *out)
{
    struct setup_text notes = {0};
    const struct setup_master_cf setup = {.in = in, .snippet = setup_text_slice(&shipped_master_cf)};
    setup_master_cf_apply(&setup, out, &notes);
    setup_text_finish(&notes);
}

// The file as setup makes it; a refusal is its text.
static void apply(const char *name, struct slice in, struct setup_text *out)
{
    static const struct setup_assignment assignments[] = {
        {"mx_hosts", "mx1.example.net"}, {"inet_protocols", "ipv4"}, {"database", NULL}, {NULL, NULL}};
    struct problem problem;
    if (strncmp(name, "main.cf", 7) == 0) {
        if (!apply_main_cf(in, strstr(name, "drop") != NULL, out, &problem))
            setup_text_print(out, "refused: %s\n", problem.text);
    } else if (strncmp(name, "master.cf", 9) == 0)
        apply_master_cf(in, out);
    else if (strncmp(name, "pg_hba", 6) == 0)
        setup_hba_apply(in, out);
    else if (strncmp(name, "pg_ident", 8) == 0)
        setup_ident_apply(in, out);
    else if (strncmp(name, "dovecot", 7) == 0)
        setup_dovecot_apply(in, "/etc/dovecot", "/var/spool/postfix/private/auth", out);
    else if (strncmp(name, "logins", 6) == 0)
        setup_logins_apply(in, "host=db.example.net dbname=emailgency", true, out);
    else if (strncmp(name, "conf", 4) == 0)
        setup_conf_apply(in, assignments, out);
    else
        fail_msg("%s: no such kind of file", name);
}

static bool is_refused(const struct setup_text *text)
{
    return slice_has_prefix(setup_text_slice(text), SLICE("refused: "));
}

static void check_case(const char *path, size_t *wrong)
{
    char other[512];
    const char *name = strrchr(path, '/') + 1;
    struct setup_text before = {0}, expected = {0}, after = {0};
    (void)snprintf(other, sizeof other, "%.*s.after", (int)(strlen(path) - strlen(".before")), path);
    read_text(path, &before);
    read_text(other, &expected);
    apply(name, setup_text_slice(&before), &after);
    if (!slice_equal(setup_text_slice(&after), setup_text_slice(&expected))) {
        print_error("%s: got\n%s----\n", other, setup_text_string(&after));
        ++*wrong;
    }
    setup_text_finish(&before);
    setup_text_finish(&expected);
    setup_text_finish(&after);
}

static void with_cases(void (*visit)(const char *path, size_t *wrong))
{
    glob_t found;
    size_t wrong = 0;
    assert_int_equal(glob(CASES "*.before", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        visit(found.gl_pathv[i], &wrong);
    assert_true(found.gl_pathc > 20);
    globfree(&found);
    assert_int_equal(wrong, 0);
}

static void test_golden(void **state)
{
    (void)state;
    with_cases(check_case);
}

// Applies setup and takes it back; then applies it to what it made.
static void check_round(const char *name, struct slice in, size_t *wrong)
{
    struct setup_text after = {0}, undone = {0}, again = {0};
    struct problem problem = {.text = ""};
    size_t edited;
    apply(name, in, &after);
    if (!is_refused(&after)) {
        const bool done = setup_mark_undo(setup_text_slice(&after), &undone, &edited, &problem);
        apply(name, setup_text_slice(&undone), &again);
        if (!done || edited || !slice_equal(setup_text_slice(&undone), in) ||
            !slice_equal(setup_text_slice(&again), setup_text_slice(&after))) {
            print_error("%s, %zu bytes: %s\n%s----\n", name, in.len, problem.text,
                        setup_text_string(&undone));
            ++*wrong;
        }
    }
    setup_text_finish(&after);
    setup_text_finish(&undone);
    setup_text_finish(&again);
}

// The file, its beginnings, and each with CR LF.
static void check_rounds(const char *path, size_t *wrong)
{
    const char *name = strrchr(path, '/') + 1;
    struct setup_text before = {0}, crlf = {0};
    read_text(path, &before);
    for (size_t i = 0; i < before.len; i++)
        setup_text_print(&crlf, before.ptr[i] == '\n' ? "\r\n" : "%c", before.ptr[i]);
    check_round(name, setup_text_slice(&before), wrong);
    for (size_t len = 0; len < before.len; len += 5)
        check_round(name, slice_make(before.ptr, len), wrong);
    for (size_t len = 0; len <= crlf.len; len += 11)
        check_round(name, slice_make(crlf.ptr, len), wrong);
    setup_text_finish(&before);
    setup_text_finish(&crlf);
}

static void test_undo_gives_back(void **state)
{
    (void)state;
    with_cases(check_rounds);
}

static struct setup_text undo(const char *text, size_t *edited)
{
    struct setup_text out = {0};
    struct problem problem;
    if (!setup_mark_undo(slice_from(text), &out, edited, &problem))
        fail_msg("%s", problem.text);
    return out;
}

// Later edits outside the marks stay.
static void test_later_edits(void **state)
{
    struct setup_text before = {0}, after = {0}, edited_text = {0};
    size_t edited;
    (void)state;
    setup_text_print(&before, "myhostname = a.example\nmessage_size_limit = 1000");
    apply("main.cf", setup_text_slice(&before), &after);
    setup_text_print(&edited_text, "# new\n%srelayhost = b.example\n", setup_text_string(&after));
    struct setup_text undone = undo(setup_text_string(&edited_text), &edited);
    assert_string_equal(setup_text_string(&undone),
                        "# new\nmyhostname = a.example\nmessage_size_limit = 1000\nrelayhost = b.example\n");
    assert_int_equal(edited, 0);
    setup_text_finish(&before);
    setup_text_finish(&after);
    setup_text_finish(&edited_text);
    setup_text_finish(&undone);
}

static void test_edits_between_the_marks(void **state)
{
    struct setup_text block = {0};
    size_t edited;
    (void)state;
    setup_text_print(&block, "first\nsecond\n");
    setup_mark_block(&block, SLICE("a = 1\n"));
    block.ptr[strcspn(setup_text_string(&block), "1")] = '2';
    struct setup_text undone = undo(setup_text_string(&block), &edited);
    assert_string_equal(setup_text_string(&undone), "first\nsecond\n");
    assert_int_equal(edited, 3);
    setup_text_finish(&block);
    setup_text_finish(&undone);
}

static void assert_refused(const char *text, const char *why)
{
    struct setup_text out = {0};
    struct problem problem;
    size_t edited;
    assert_false(setup_mark_undo(slice_from(text), &out, &edited, &problem));
    assert_string_equal(problem.text, why);
    setup_text_finish(&out);
}

static void test_broken_marks(void **state)
{
    (void)state;
    assert_refused("a\n# emailgency setup: begin\nb\n",
                   "line 2: \"# emailgency setup: begin\" without an \"# emailgency setup: end\" after it");
    assert_refused("a\n# emailgency setup: end 0\n",
                   "line 2: \"# emailgency setup: end\" without a \"# emailgency setup: begin\" before it");
    assert_refused("# emailgency setup: begin\nb\n# emailgency setup: begin\n",
                   "line 3: \"# emailgency setup: begin\" follows line 1, and no \"# emailgency setup: end\" "
                   "is between them");
}

// Each parameter that is shipped has a rule, each rule a parameter.
static void test_rules(void **state)
{
    struct setup_text shipped = {0};
    (void)state;
    read_text(EMG_SOURCE "/packaging/postfix/main.cf", &shipped);
    struct slice rest = setup_text_slice(&shipped), value;
    while (rest.len) {
        const struct slice name = main_cf_name(setup_line_next(&rest), &value);
        if (name.len && !slice_has_prefix(name, SLICE("emailgency_")) && !rule_find(name))
            fail_msg("%.*s has no rule in setup_rule.c", (int)name.len, name.ptr);
    }
    setup_text_finish(&shipped);
}

// setup_files_test KIND FILE: for a new case.
static int print(const char *kind, const char *path)
{
    struct setup_text in = {0}, out = {0};
    read_text(path, &in);
    apply(kind, setup_text_slice(&in), &out);
    (void)fwrite(out.ptr, 1, out.len, stdout);
    setup_text_finish(&in);
    setup_text_finish(&out);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),       cmocka_unit_test(test_undo_gives_back),
        cmocka_unit_test(test_later_edits),  cmocka_unit_test(test_edits_between_the_marks),
        cmocka_unit_test(test_broken_marks), cmocka_unit_test(test_rules),
    };
    read_text(CASES "shipped-main.cf", &shipped_main_cf);
    read_text(CASES "shipped-master.cf", &shipped_master_cf);
    const int failed = argc == 3 ? print(argv[1], argv[2]) : cmocka_run_group_tests(tests, NULL, NULL);
    setup_text_finish(&shipped_main_cf);
    setup_text_finish(&shipped_master_cf);
    return failed;
}
