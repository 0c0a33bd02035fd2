// SPDX-License-Identifier: BSD-2-Clause
// The writer beside readers of other processes. A child reports by its exit code.
#include "directory/directory.h"
#include "directory/replica_writer.h"
#include "rows.h"
#include "scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MAP_SIZE ((size_t)64 << 20)

static const char *path;
static struct replica_writer *writer;
static struct problem problem;

static int set_up(void **state)
{
    (void)state;
    path = scratch_make();
    writer = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    replica_writer_destroy(writer);
    scratch_remove();
    return 0;
}

static void open_writer(size_t map_size)
{
    enum replica_writer_rc rc = replica_writer_create(path, map_size, &writer, &problem);

    if (rc != REPLICA_WRITER_OK)
        fail_msg("%s", problem.text);
}

static void put_rows(const char *text)
{
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    if (!rows_put(writer, text, &problem))
        fail_msg("%s", problem.text);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
}

enum { SEEN, NOT_SEEN, NO_REPLICA };

static int look_for(struct slice plan)
{
    struct directory *directory = directory_create(path);
    const struct directory_snapshot *rows;
    struct plan_row row;
    int seen = NO_REPLICA;

    if (directory_begin(directory, &rows) == DIRECTORY_OK) {
        seen = directory_plan(rows, plan, &row) == DIRECTORY_OK ? SEEN : NOT_SEEN;
        directory_end(directory);
    }
    directory_destroy(directory);
    return seen;
}

// The plan as another process reads it.
static int reader_sees(struct slice plan)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(look_for(plan));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void readers_see_nothing_before_commit(void **state)
{
    (void)state;
    open_writer(MAP_SIZE);
    assert_int_equal(reader_sees(SLICE("one")), NO_REPLICA);
    put_rows("plan one\n");
    assert_int_equal(reader_sees(SLICE("one")), SEEN);
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    replica_writer_clear(writer);
    assert_true(rows_put(writer, "plan two\n", &problem));
    assert_int_equal(reader_sees(SLICE("one")), SEEN);
    assert_int_equal(reader_sees(SLICE("two")), NOT_SEEN);
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    assert_int_equal(reader_sees(SLICE("one")), NOT_SEEN);
    assert_int_equal(reader_sees(SLICE("two")), SEEN);
}

static void second_writer_is_refused(void **state)
{
    struct replica_writer *second;
    pid_t child;
    int status;

    (void)state;
    open_writer(MAP_SIZE);
    child = fork();
    if (child == 0)
        _exit(replica_writer_create(path, MAP_SIZE, &second, &problem) == REPLICA_WRITER_BUSY &&
                      strstr(problem.text, "another")
                  ? 0
                  : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    put_rows("plan one\n");
}

// A process that holds a snapshot until it is killed.
static pid_t start_holder(void)
{
    int ready[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct directory *directory = directory_create(path);
        const struct directory_snapshot *rows;

        byte = directory_begin(directory, &rows) == DIRECTORY_OK ? 'y' : 'n';
        (void)!write(ready[1], &byte, 1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    close(ready[1]);
    return child;
}

// Rewrites many pages several times; returns the growth of what the file holds.
static size_t grow(int rounds)
{
    size_t before, after, bound;

    replica_writer_usage(writer, &before, &bound);
    for (int round = 0; round < rounds; round++) {
        assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
        for (int i = 0; i < 200; i++) {
            char line[128];

            snprintf(line, sizeof(line), "mailbox user%d@example.com quota=%d\n", i, round);
            assert_true(rows_put(writer, line, &problem));
        }
        assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    }
    replica_writer_usage(writer, &after, &bound);
    return after - before;
}

static void dead_reader_pins_no_page(void **state)
{
    size_t pinned;
    pid_t holder;

    (void)state;
    open_writer(MAP_SIZE);
    put_rows("plan one\n");
    (void)grow(20);
    holder = start_holder();
    pinned = grow(20);
    assert_true(pinned > 0);
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    assert_int_equal(replica_writer_check_readers(writer), 1);
    assert_int_equal(replica_writer_check_readers(writer), 0);
    (void)grow(5);
    assert_int_equal(grow(40), 0);
}

static void full_map_keeps_the_last_state(void **state)
{
    (void)state;
    open_writer((size_t)1 << 20);
    put_rows("plan one\n");
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    for (int i = 0; i < 20000; i++) {
        char line[128];

        snprintf(line, sizeof(line), "mailbox user%d@example.com\n", i);
        (void)rows_put(writer, line, &problem);
    }
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_FULL);
    assert_non_null(strstr(replica_writer_problem(writer), "MAP_FULL"));
    assert_int_equal(reader_sees(SLICE("one")), SEEN);
    put_rows("plan two\n"); // it goes on
    assert_int_equal(reader_sees(SLICE("two")), SEEN);
}

// Readers of the replica may not write it; in the lock file they write their own slot.
static void test_l6_group_may_read(void **state)
{
    struct stat folder, data, lock;
    char deeper[300], file[400];

    (void)state;
    snprintf(deeper, sizeof(deeper), "%s/deeper", path);
    umask(077);
    assert_true(rows_load(deeper, "plan one\n", &problem));
    assert_int_equal(umask(022), 077);
    assert_int_equal(stat(deeper, &folder), 0);
    assert_int_equal(folder.st_mode & 07777, 02750);
    snprintf(file, sizeof(file), "%s/data.mdb", deeper);
    assert_int_equal(stat(file, &data), 0);
    assert_int_equal(data.st_mode & 0777, 0640);
    unlink(file);
    snprintf(file, sizeof(file), "%s/lock.mdb", deeper);
    assert_int_equal(stat(file, &lock), 0);
    assert_int_equal(lock.st_mode & 0777, 0660);
    unlink(file);
    snprintf(file, sizeof(file), "%s/writer.lock", deeper);
    assert_int_equal(stat(file, &lock), 0);
    assert_int_equal(lock.st_mode & 0777, 0600);
    unlink(file);
    snprintf(file, sizeof(file), "%s/suspect", deeper);
    unlink(file);
    rmdir(deeper);
}

static void test_m5_a_file_that_is_no_replica_is_set_aside(void **state)
{
    char file[300];
    struct stat aside;
    FILE *data;

    (void)state;
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    data = fopen(file, "w");
    assert_non_null(data);
    for (int i = 0; i < 10000; i++)
        fputs("no replica ", data);
    fclose(data);
    open_writer(MAP_SIZE);
    assert_non_null(strstr(replica_writer_damage(writer), "meta page"));
    put_rows("plan one\n");
    assert_int_equal(reader_sees(SLICE("one")), SEEN);
    snprintf(file, sizeof(file), "%s/" REPLICA_WRITER_DAMAGED_FILE, path);
    assert_int_equal(stat(file, &aside), 0);
    assert_int_equal(aside.st_size, 110000);
}

static void removed_file_is_noticed(void **state)
{
    (void)state;
    open_writer(MAP_SIZE);
    put_rows("plan one\n");
    assert_true(replica_writer_in_place(writer));
    scratch_empty();
    assert_false(replica_writer_in_place(writer));
}

static void removed_reader_table_is_noticed(void **state)
{
    char file[300];

    (void)state;
    open_writer(MAP_SIZE);
    put_rows("plan one\n");
    snprintf(file, sizeof(file), "%s/lock.mdb", path);
    assert_int_equal(unlink(file), 0);
    assert_false(replica_writer_in_place(writer));
    assert_int_equal(reader_sees(SLICE("one")), NO_REPLICA);
    replica_writer_destroy(writer);
    open_writer(MAP_SIZE);
    assert_true(replica_writer_in_place(writer));
    assert_int_equal(reader_sees(SLICE("one")), SEEN);
}

static void notes_are_kept(void **state)
{
    (void)state;
    open_writer(MAP_SIZE);
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    assert_false(replica_writer_layout_current(writer));
    assert_int_equal(replica_writer_noted(writer, "position").len, 0);
    replica_writer_note(writer, "position", SLICE("10:20:11,12"));
    assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    assert_true(replica_writer_layout_current(writer));
    assert_true(slice_equal(replica_writer_noted(writer, "position"), SLICE("10:20:11,12")));
    replica_writer_abort(writer);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(readers_see_nothing_before_commit),
        CASE(second_writer_is_refused),
        CASE(dead_reader_pins_no_page),
        CASE(full_map_keeps_the_last_state),
        CASE(test_l6_group_may_read),
        CASE(test_m5_a_file_that_is_no_replica_is_set_aside),
        CASE(removed_file_is_noticed),
        CASE(removed_reader_table_is_noticed),
        CASE(notes_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
