// SPDX-License-Identifier: BSD-2-Clause
#include "io/program.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct end {
    unsigned count;
    int status;
    char output[PROGRAM_OUTPUT_MAX];
};

static void on_end(int status, const char *output, void *arg)
{
    struct end *end = arg;
    end->count++;
    end->status = status;
    strcpy(end->output, output);
}

// Runs a shell command to its end.
static struct end run(const char *command, struct slice input, int64_t deadline_ms)
{
    struct end end = {0};
    struct event_base *base = event_base_new();
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    assert_non_null(program_start(
        base, &(struct program_spec){
                  .argv = argv, .input = input, .deadline_ms = deadline_ms, .on_end = on_end, .arg = &end}));
    event_base_dispatch(base);
    assert_int_equal(end.count, 1);
    event_base_free(base);
    return end;
}

static void test_input_and_output(void **state)
{
    const struct end end = run("cat; echo done >&2", SLICE("hello\n"), 20000);
    (void)state;
    assert_true(WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0);
    assert_string_equal(end.output, "hello\ndone\n");
}

static off_t size_of(const char *path)
{
    struct stat at;
    return stat(path, &at) == 0 ? at.st_size : -1;
}

// Else sendmail(1) would send a message without its end.
static void test_input_is_whole_although_the_caller_ends(void **state)
{
    static char large[200000];
    char path[] = "/tmp/program_test.XXXXXX", command[100];
    int status;
    (void)state;
    memset(large, 'x', sizeof large);
    close(mkstemp(path));
    snprintf(command, sizeof command, "cat >%s", path);
    const pid_t caller = fork();
    if (caller == 0) {
        const char *argv[] = {"/bin/sh", "-c", command, NULL};
        _exit(program_start(event_base_new(), &(struct program_spec){.argv = argv,
                                                                     .input = slice_make(large, sizeof large),
                                                                     .deadline_ms = 20000,
                                                                     .on_end = on_end}) == NULL);
    }
    assert_true(waitpid(caller, &status, 0) == caller && status == 0);
    for (int i = 0; i < 1000 && size_of(path) < (off_t)sizeof large; i++)
        usleep(20000);
    assert_int_equal(size_of(path), sizeof large);
    unlink(path);
}

static void test_status(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(run("exit 75", SLICE(""), 20000).status), 75);
    assert_true(WIFSIGNALED(run("kill -9 $$", SLICE(""), 20000).status));
}

// A program that reads nothing, or writes without end, holds nothing up.
static void test_programs_that_do_not_play(void **state)
{
    static char large[1 << 20];
    (void)state;
    memset(large, 'x', sizeof large);
    assert_int_equal(WEXITSTATUS(run("exit 0", slice_make(large, sizeof large), 20000).status), 0);
    assert_int_equal(run("exec sleep 100", SLICE(""), 200).status, -1);
    const struct end end = run("exec yes", SLICE(""), 300);
    assert_int_equal(end.status, -1);
    assert_int_equal(strlen(end.output), PROGRAM_OUTPUT_MAX - 1);
}

static void test_what_cannot_be_started(void **state)
{
    const char *argv[] = {"/nonexistent/program", NULL};
    struct event_base *base = event_base_new();
    (void)state;
    assert_null(
        program_start(base, &(struct program_spec){.argv = argv, .deadline_ms = 1000, .on_end = on_end}));
    assert_int_equal(errno, ENOENT);
    event_base_free(base);
}

static void test_cancel(void **state)
{
    struct end end = {0};
    const char *argv[] = {"/bin/sleep", "100", NULL};
    struct event_base *base = event_base_new();
    struct program *program = program_start(
        base, &(struct program_spec){.argv = argv, .deadline_ms = 1000, .on_end = on_end, .arg = &end});
    (void)state;
    assert_non_null(program);
    program_cancel(program);
    event_base_dispatch(base);
    assert_int_equal(end.count, 0);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_and_output),
        cmocka_unit_test(test_input_is_whole_although_the_caller_ends),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_programs_that_do_not_play),
        cmocka_unit_test(test_what_cannot_be_started),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
