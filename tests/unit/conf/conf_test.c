// SPDX-License-Identifier: BSD-2-Clause
// Runs tests/cases/conf; see the README there.
#include "conf/conf.h"

#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
    bool flag;
    int64_t number;
    char *text;
    char *strict;
    struct conf_secret secret;
};

static bool check_strict(const char *value, struct problem *message)
{
    return strcmp(value, "red") == 0 || strcmp(value, "green") == 0 ||
           problem_set(message, "write red or green");
}

#define CONF_STRUCT struct settings
static const struct conf_option options[] = {
    {CONF_BOOL(flag), .fallback = "no", .reloadable = true, .help = "a switch"},
    {CONF_SECONDS(number), .fallback = "7", .min = -5, .max = 500, .reloadable = true, .help = "a number"},
    {CONF_TEXT(text), .fallback = "some text", .help = "a text"},
    {CONF_TEXT(strict), .fallback = "green", .reloadable = true, .check = check_strict, .help = "a colour"},
    {CONF_SECRET_AS("secret_file", secret), .fallback = "", .reloadable = true, .help = "a secret"},
    CONF_END,
};

static struct problem problem;

static enum conf_rc load(const char *path, struct settings *settings)
{
    return conf_load(options, sizeof *settings, path, settings, &problem);
}

// Output of `-p`, without the help lines.
static char *print(const struct settings *settings)
{
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    conf_print(options, settings, out);
    fclose(out);
    char *kept = calloc(1, size + 1);
    for (char *rest = all, *line; (line = strsep(&rest, "\n")) != NULL;)
        if (*line && *line != '#')
            strcat(strcat(kept, line), "\n");
    free(all);
    return kept;
}

// The path of what must come of `conf`.
static void name_beside(const char *conf, const char *suffix, char out[256])
{
    snprintf(out, 256, "%.*s%s", (int)(strlen(conf) - strlen(".conf")), conf, suffix);
}

static void check_good(const char *conf, const char *printed_path)
{
    struct settings settings = {0}, again = {0};
    char *wanted = file_text_read(printed_path);
    if (load(conf, &settings) != CONF_OK)
        fail_msg("%s", problem.text);
    char *printed = print(&settings);
    assert_string_equal(printed, wanted);
    // The printed file can be loaded, with the same values.
    char path[] = "/tmp/conf_test.XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fdopen(fd, "we");
    conf_print(options, &settings, file);
    fclose(file);
    if (load(path, &again) != CONF_OK)
        fail_msg("%s", problem.text);
    unlink(path);
    char *reprinted = print(&again);
    assert_string_equal(reprinted, printed);
    free(wanted);
    free(printed);
    free(reprinted);
    conf_free(options, &settings);
    conf_free(options, &again);
}

static void check_bad(const char *conf, const char *problem_path)
{
    struct settings settings = {0};
    char *wanted = file_text_read(problem_path);
    wanted[strcspn(wanted, "\n")] = '\0';
    if (load(conf, &settings) == CONF_OK)
        fail_msg("%s was accepted", conf);
    assert_string_equal(problem.text, wanted);
    assert_null(settings.text);
    free(wanted);
}

static int enter_cases(void **state)
{
    (void)state;
    setenv("CONF_TEST_WORD", "from the environment", 1);
    setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
    return chdir(EMG_CASES "/conf");
}

static void test_cases(void **state)
{
    glob_t files;
    (void)state;
    assert_int_equal(glob("*.conf", 0, NULL, &files), 0);
    // Good and bad ones in turn, twice: a broken file must not spoil the next one.
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < files.gl_pathc; i++) {
            char beside[256];
            name_beside(files.gl_pathv[i], ".printed", beside);
            if (access(beside, F_OK) == 0) {
                check_good(files.gl_pathv[i], beside);
                continue;
            }
            name_beside(files.gl_pathv[i], ".problem", beside);
            check_bad(files.gl_pathv[i], beside);
        }
    }
    assert_in_range(files.gl_pathc, 40, 1000);
    globfree(&files);
}

static void test_no_file(void **state)
{
    struct settings settings = {0};
    (void)state;
    assert_int_equal(load(NULL, &settings), CONF_OK);
    assert_int_equal(settings.number, 7);
    conf_free(options, &settings);
    assert_int_equal(load("/nowhere/at/all.conf", &settings), CONF_BAD);
    assert_string_equal(problem.text, "cannot read /nowhere/at/all.conf: No such file or directory");
    assert_int_equal(load("/tmp", &settings), CONF_BAD);
    assert_string_equal(problem.text, "cannot read /tmp: Is a directory");
}

// Another program reads the options that it has, and no fault of others.
static void test_part(void **state)
{
    static const struct conf_option part[] = {
        {CONF_TEXT(text), .fallback = "none", .help = "a text"},
        {CONF_SECONDS(number), .fallback = "7", .min = -5, .max = 500, .help = "a number"},
        CONF_END,
    };
    struct settings settings = {0};
    char path[] = "/tmp/emg-conf-XXXXXX";
    (void)state;
    const int fd = mkstemp(path);
    static const char text[] = "# both\nstrict = blue\nunknown = \"a b\"\ntext = here # yes\nnumber = 9\n"
                               "unknown = 1\nother=\"\"\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    assert_int_equal(load(path, &settings), CONF_BAD);
    assert_int_equal(conf_load_part(part, sizeof settings, path, &settings, &problem), CONF_OK);
    assert_string_equal(settings.text, "here");
    assert_int_equal(settings.number, 9);
    assert_int_equal(conf_load_part(part, sizeof settings, "number-too-big.conf", &settings, &problem),
                     CONF_BAD);
    assert_int_equal(conf_load_part(part, sizeof settings, "twice.conf", &settings, &problem), CONF_BAD);
    assert_int_equal(conf_load_part(part, sizeof settings, "no-equal-sign.conf", &settings, &problem),
                     CONF_BAD);
    assert_int_equal(conf_load_part(part, sizeof settings, NULL, &settings, &problem), CONF_OK);
    assert_string_equal(settings.text, "none");
    conf_free(part, &settings);
    close(fd);
    unlink(path);
}

static void test_secret(void **state)
{
    struct settings settings = {0};
    (void)state;
    assert_int_equal(load("secret.conf", &settings), CONF_OK);
    assert_string_equal(settings.secret.value, "key-from-systemd");
    char *printed = print(&settings);
    assert_null(strstr(printed, "key-from"));
    free(printed);
    conf_free(options, &settings);
    assert_null(settings.secret.value);
}

static enum conf_rc load_secret_of_mode(mode_t mode)
{
    struct settings settings = {0};
    char folder[] = "/tmp/conf_test.XXXXXX", secret[64], conf[64];
    assert_non_null(mkdtemp(folder));
    snprintf(secret, sizeof secret, "%s/secret", folder);
    snprintf(conf, sizeof conf, "%s/conf", folder);
    FILE *file = fopen(secret, "we");
    fputs("a key\n", file);
    fclose(file);
    assert_int_equal(chmod(secret, mode), 0);
    file = fopen(conf, "we");
    fprintf(file, "secret_file = %s\n", secret);
    fclose(file);
    const enum conf_rc rc = load(conf, &settings);
    conf_free(options, &settings);
    unlink(secret);
    unlink(conf);
    rmdir(folder);
    return rc;
}

static void test_secret_of_others(void **state)
{
    (void)state;
    for (mode_t mode = 0400; mode <= 0777; mode++) {
        const bool is_private = (mode & (S_IRWXO | S_IWGRP)) == 0;
        assert_int_equal(load_secret_of_mode(mode), is_private ? CONF_OK : CONF_BAD);
        if (!is_private)
            assert_non_null(strstr(problem.text, "): chmod o=,g-w /tmp/"));
    }
}

static void test_reload(void **state)
{
    struct settings settings = {0};
    (void)state;
    assert_int_equal(load("bare-socket.conf", &settings), CONF_OK);
    assert_int_equal(conf_reload(options, sizeof settings, "twice.conf", &settings, &problem), CONF_BAD);
    assert_int_equal(settings.number, 7);
    assert_int_equal(conf_reload(options, sizeof settings, "number-most.conf", &settings, &problem), CONF_OK);
    assert_int_equal(settings.number, 500);
    assert_string_equal(settings.text, "unix:/var/spool/postfix/emailgency/policyd"); // not reloadable
    assert_int_equal(load("twice.conf", &settings), CONF_BAD);
    assert_int_equal(settings.number, 500);
    assert_int_equal(conf_reload(options, sizeof settings, NULL, &settings, &problem), CONF_OK); // no file
    assert_int_equal(settings.number, 7);
    assert_string_equal(settings.text, "unix:/var/spool/postfix/emailgency/policyd");
    assert_int_equal(load("empty.conf", &settings), CONF_OK);
    assert_string_equal(settings.text, "some text");
    conf_free(options, &settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),  cmocka_unit_test(test_no_file),          cmocka_unit_test(test_part),
        cmocka_unit_test(test_secret), cmocka_unit_test(test_secret_of_others), cmocka_unit_test(test_reload),
    };
    return cmocka_run_group_tests(tests, enter_cases, NULL);
}
