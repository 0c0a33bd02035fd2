// SPDX-License-Identifier: BSD-2-Clause
// End of a process that cannot go on: with a message, and an exit status for each case.
#include "base/memory.h"

#include "base/bug.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

static void run_out(void)
{
    free(memory_or_exit(NULL));
}

static void meet_bug(void)
{
    bug_abort("a statement with %d values", 17);
}

// Its wait status; `said` gets its stderr.
static int status_of(void (*run)(void), char said[1024])
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(ends[1]);
    const ssize_t len = read(ends[0], said, 1023);
    said[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void what_was_allocated_is_returned(void **state)
{
    (void)state;
    assert_ptr_equal(memory_or_exit(state), state);
}

static void out_of_memory_ends_with_a_message(void **state)
{
    char said[1024];
    (void)state;
    const int status = status_of(run_out, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EX_OSERR);
    assert_non_null(strstr(said, "out of memory"));
}

static void a_bug_ends_with_a_message(void **state)
{
    char said[1024];
    (void)state;
    const int status = status_of(meet_bug, said);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "internal error, please report it: a statement with 17 values"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_allocated_is_returned),
        cmocka_unit_test(out_of_memory_ends_with_a_message),
        cmocka_unit_test(a_bug_ends_with_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
