// SPDX-License-Identifier: BSD-2-Clause
// A replica that is removed or replaced while a reader has it open.
#include "directory/directory.h"

#include "base/clock.h"
#include "directory_fixture.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void replaced_replica_is_noticed(void **state)
{
    struct plan_row plan;
    uint64_t version;

    (void)state;
    clock_set(1000, 1000);
    open_with("plan basic\n");
    version = directory_version(rows);
    directory_end(directory);
    scratch_empty();
    clock_set(1001, 2000);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK); // the old one serves on
    directory_end(directory);
    load("plan other\n"); // another file, so no second handle of one
    clock_set(1001, 2999);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    assert_int_equal(directory_plan(rows, SLICE("basic"), &plan), DIRECTORY_OK);
    directory_end(directory);
    clock_set(1002, 3000);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    assert_int_equal(directory_plan(rows, SLICE("other"), &plan), DIRECTORY_OK);
    assert_int_not_equal(directory_version(rows), version);
}

// Returns whether this process has a file with this number open.
static bool holds_open(ino_t inode)
{
    struct stat file;

    for (int fd = 0; fd < 256; fd++) {
        if (fstat(fd, &file) == 0 && file.st_ino == inode)
            return true;
    }
    return false;
}

// In a process of its own: LMDB allows one handle on a file per process.
static void load_elsewhere(const char *text)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct problem problem;

        _exit(rows_load(path, text, &problem) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

// Old and new readers of one data.mdb have no table of readers in common.
static void replaced_reader_table_is_noticed(void **state)
{
    char file[300];
    struct stat before, after;
    struct plan_row plan;

    (void)state;
    clock_set(1000, 1000);
    open_with("plan basic\n");
    directory_end(directory);
    snprintf(file, sizeof(file), "%s/lock.mdb", path);
    assert_int_equal(stat(file, &before), 0);
    assert_int_equal(unlink(file), 0);
    clock_set(1001, 2000);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK); // the old one is still in use
    directory_end(directory);
    load_elsewhere("plan other\n");
    assert_int_equal(stat(file, &after), 0);
    clock_set(1002, 3000);
    assert_int_equal(directory_begin(directory, &rows), DIRECTORY_OK);
    assert_int_equal(directory_plan(rows, SLICE("other"), &plan), DIRECTORY_OK);
    assert_true(holds_open(after.st_ino));
    assert_false(holds_open(before.st_ino));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(replaced_replica_is_noticed),
        CASE(replaced_reader_table_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
