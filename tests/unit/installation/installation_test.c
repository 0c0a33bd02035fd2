// SPDX-License-Identifier: BSD-2-Clause
// Started with a name, this program prints where it finds that file of the folder libexec; the tests copy it
// into folders that are laid out as an installation is.
#include "installation/installation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKER "emailgency/emailgency-spf-worker"

static char root[] = "/tmp/emg-installation-XXXXXX";

// The output of a shell command, without its newline.
static void run(char out[INSTALLATION_PATH_MAX], const char *command)
{
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    size_t len = fread(out, 1, INSTALLATION_PATH_MAX - 1, pipe);
    out[len] = '\0';
    out[strcspn(out, "\n")] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

// Checks the output of the copy in ROOT that is started as `program`.
static void expect_from(const char *program, const char *expected)
{
    char command[2 * INSTALLATION_PATH_MAX], out[INSTALLATION_PATH_MAX], whole[INSTALLATION_PATH_MAX];
    snprintf(command, sizeof command, "cd / && '%s/%s' " WORKER, root, program);
    run(out, command);
    snprintf(whole, sizeof whole, "%s/%s", root, expected);
    assert_string_equal(out, whole);
}

static int lay_out(void **state)
{
    (void)state;
    char command[2 * INSTALLATION_PATH_MAX], out[INSTALLATION_PATH_MAX];
    assert_non_null(mkdtemp(root));
    snprintf(command, sizeof command,
             "cp /proc/%d/exe '%s/program' && cd '%s' && mkdir -p opt/e/sbin opt/e/libexec/emailgency bin &&"
             "mv program opt/e/sbin/ && ln -s ../opt/e/sbin/program bin/ && touch opt/e/libexec/" WORKER,
             getpid(), root, root);
    run(out, command);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    char command[2 * INSTALLATION_PATH_MAX], out[INSTALLATION_PATH_MAX];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    run(out, command);
    return 0;
}

static void test_any_prefix(void **state)
{
    (void)state;
    expect_from("opt/e/sbin/program", "opt/e/libexec/" WORKER);
}

static void test_through_a_link(void **state)
{
    (void)state;
    expect_from("bin/program", "opt/e/libexec/" WORKER);
}

static void test_missing_file_is_named(void **state)
{
    (void)state;
    char path[INSTALLATION_PATH_MAX];
    struct problem problem = {0};
    assert_false(installation_find(INSTALLATION_DATA, "emailgency/nothing", path, &problem));
    assert_non_null(strstr(path, "/share/emailgency/nothing"));
    assert_non_null(strstr(problem.text, path));
    assert_null(strstr(path, ".."));
}

static void test_too_long_name_is_refused(void **state)
{
    (void)state;
    char path[INSTALLATION_PATH_MAX], name[INSTALLATION_PATH_MAX];
    struct problem problem = {0};
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(installation_find(INSTALLATION_DATA, name, path, &problem));
    assert_string_equal(path, "");
}

// This test itself is deeper in the build tree than the programs are, so it is copied beside them.
static void test_build_tree(void **state)
{
    (void)state;
    char command[2 * INSTALLATION_PATH_MAX], out[INSTALLATION_PATH_MAX], path[INSTALLATION_PATH_MAX];
    snprintf(command, sizeof command,
             "cd '%s' && mkdir -p build/ctl build/installed/libexec/emailgency && cp opt/e/sbin/program "
             "build/ctl/ &&"
             "touch build/installed/libexec/" WORKER,
             root);
    run(path, command);
    snprintf(command, sizeof command, "'%s/build/ctl/program' " WORKER, root);
    run(out, command);
    snprintf(path, sizeof path, "%s/build/installed/libexec/" WORKER, root);
    assert_string_equal(out, path);
}

// The links that CMake lays lead to what the build makes.
static void test_links_of_the_build(void **state)
{
    (void)state;
    assert_int_equal(access(EMG_BUILD "/installed/libexec/" WORKER, X_OK), 0);
    assert_int_equal(access(EMG_BUILD "/installed/share/emailgency/sql/migrate", X_OK), 0);
    assert_int_equal(access(EMG_BUILD "/installed/share/emailgency/postfix/main.cf", R_OK), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        char path[INSTALLATION_PATH_MAX];
        struct problem problem = {0};
        bool found = installation_find(INSTALLATION_LIBEXEC, argv[1], path, &problem);
        puts(found ? path : problem.text);
        return !found;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_prefix),
        cmocka_unit_test(test_through_a_link),
        cmocka_unit_test(test_missing_file_is_named),
        cmocka_unit_test(test_too_long_name_is_refused),
        cmocka_unit_test(test_build_tree),
        cmocka_unit_test(test_links_of_the_build),
    };
    return cmocka_run_group_tests(tests, lay_out, remove_all);
}
