// SPDX-License-Identifier: BSD-2-Clause
// Damage of every kind to the file of a replica is reported, or does no harm. Only a child process ends by
// it.
#include "directory/damage.h"
#include "directory/directory.h"
#include "directory/replica_writer.h"
#include "rows.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MAP_SIZE ((size_t)64 << 20)
#define PAGE 4096

enum { MAILBOXES = 3000, GUARDED = 71 };

static const char *path;
static char file[300];
static struct problem reason, problem;

static void put_mailboxes(struct replica_writer *writer, const char *options)
{
    char row[128];

    assert_int_equal(replica_writer_begin(writer), REPLICA_WRITER_OK);
    for (int i = 0; i < MAILBOXES; i++) {
        snprintf(row, sizeof(row), "mailbox user%d@d%d.example %s\n", i, i % 7, options);
        if (!rows_put(writer, row, &problem))
            fail_msg("%s", problem.text);
    }
}

static struct replica_writer *open_writer(void)
{
    struct replica_writer *writer;

    if (replica_writer_create(path, MAP_SIZE, &writer, &problem) != REPLICA_WRITER_OK)
        fail_msg("%s", problem.text);
    return writer;
}

static int set_up(void **state)
{
    struct replica_writer *writer;

    (void)state;
    path = scratch_make();
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    writer = open_writer();
    for (int round = 0; round < 3; round++) { // so that there are free pages, too
        put_mailboxes(writer, round % 2 ? "vip=true" : "");
        assert_int_equal(replica_writer_commit(writer), REPLICA_WRITER_OK);
    }
    replica_writer_destroy(writer);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove();
    return 0;
}

static off_t file_size(void)
{
    struct stat data;

    assert_int_equal(stat(file, &data), 0);
    return data.st_size;
}

static void overwrite(off_t at, const void *bytes, size_t len)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
    close(fd);
}

static enum damage_rc examine(void)
{
    enum damage_rc rc = damage_look(path, &reason);

    return rc == DAMAGE_NONE || rc == DAMAGE_SHORT ? damage_walk(path, 30, &reason) : rc;
}

static void test_m5_a_good_file_is_good(void **state)
{
    (void)state;
    assert_int_equal(damage_look(path, &reason), DAMAGE_NONE);
    assert_int_equal(damage_walk(path, 30, &reason), DAMAGE_NONE);
}

static void test_m5_no_file_and_an_empty_one_are_no_damage(void **state)
{
    (void)state;
    assert_int_equal(truncate(file, 0), 0);
    assert_int_equal(damage_look(path, &reason), DAMAGE_NONE);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(damage_look(path, &reason), DAMAGE_NO_FILE);
}

static void test_m5_a_file_cut_short(void **state)
{
    off_t size = file_size();

    (void)state;
    for (off_t left = size - PAGE; left >= 2 * PAGE; left /= 2) {
        assert_int_equal(truncate(file, left), 0);
        assert_int_equal(damage_look(path, &reason), DAMAGE_SHORT);
        assert_non_null(strstr(reason.text, "bytes of"));
    }
    assert_int_equal(examine(), DAMAGE_FOUND);
    assert_int_equal(truncate(file, PAGE), 0);
    assert_int_equal(damage_look(path, &reason), DAMAGE_FOUND);
    assert_int_equal(truncate(file, 100), 0);
    assert_int_equal(damage_look(path, &reason), DAMAGE_FOUND);
}

static void test_m5_meta_pages_without_sense(void **state)
{
    static const char zero[PAGE];
    static const off_t places[] = {0, PAGE, 16, PAGE + 16};
    char kept[2 * PAGE];
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(pread(fd, kept, sizeof(kept), 0), (ssize_t)sizeof(kept));
    close(fd);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        overwrite(places[i], zero, places[i] % PAGE ? 100 : PAGE);
        assert_int_equal(damage_look(path, &reason), DAMAGE_FOUND);
        overwrite(0, kept, sizeof(kept));
    }
    overwrite(0, zero, PAGE);
    overwrite(PAGE, zero, PAGE);
    assert_int_equal(damage_look(path, &reason), DAMAGE_FOUND);
}

// Random bytes as a meta page: pure code, so that nothing but the sanitizer is the judge.
static void test_m5_random_heads_are_read_safely(void **state)
{
    static unsigned char head[2 * PAGE];
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t len = (size_t)rand_r(&seed) % sizeof(head);
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        unsigned char *exact = malloc(len + 1);

        assert_true(pread(fd, head, sizeof(head), 0) > 0);
        close(fd);
        for (int i = 0; i < round % 9; i++)
            head[(size_t)rand_r(&seed) % sizeof(head) % (i % 2 ? 160 : sizeof(head))] =
                (unsigned char)rand_r(&seed);
        memcpy(exact, head, len);
        if (damage_in_head(exact, len, len + (uint64_t)rand_r(&seed) % (1 << 20), &reason) == DAMAGE_FOUND)
            assert_true(strlen(reason.text) > 0);
        free(exact);
    }
}

// The whole life of a writer on that file, in a process of its own: a merge of all rows.
static int exit_code_of_a_writer(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct replica_writer *writer;
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        dup2(null, STDERR_FILENO);
        if (replica_writer_create(path, MAP_SIZE, &writer, &problem) != REPLICA_WRITER_OK)
            _exit(1);
        put_mailboxes(writer, "vip=true");
        _exit(replica_writer_commit(writer) == REPLICA_WRITER_OK ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void damage_pages(unsigned *seed)
{
    char noise[64];

    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)rand_r(seed);
    for (int i = 0; i < 40; i++)
        overwrite(2 * PAGE + rand_r(seed) % (file_size() - 3 * PAGE), noise, sizeof(noise));
}

// After at most a few ends by the guard the writer gets through, whatever lies in the pages.
static void test_m5_random_bytes_in_pages_never_end_in_a_crash_loop(void **state)
{
    unsigned found = 0;

    for (unsigned seed = 1; seed <= 25; seed++) {
        unsigned noise = seed;
        int code, ends = 0;

        damage_pages(&noise);
        found += examine() == DAMAGE_FOUND;
        while ((code = exit_code_of_a_writer()) == GUARDED && ends < 4)
            ends++;
        assert_int_equal(code, 0);
        assert_int_equal(examine(), DAMAGE_NONE);
        tear_down(state);
        set_up(state);
    }
    assert_true(found > 15);
}

// Exit code of a reader that has the file open when it is cut.
static void test_m5_a_reader_of_a_file_that_is_cut_meanwhile_ends_cleanly(void **state)
{
    int ready[2], go[2], status;
    pid_t child;
    char byte = 0;

    (void)state;
    assert_int_equal(pipe(ready) + pipe(go), 0);
    child = fork();
    if (child == 0) {
        struct directory *directory = directory_create(path);
        const struct directory_snapshot *rows;
        struct mailbox_row row;

        if (directory_begin(directory, &rows) != DIRECTORY_OK || write(ready[1], &byte, 1) != 1 ||
            read(go[0], &byte, 1) != 1)
            _exit(1);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        _exit(directory_mailbox(rows, SLICE("user17@d3.example"), &row) == DIRECTORY_OK ? 0 : 2);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(truncate(file, (off_t)2 * PAGE), 0);
    assert_int_equal(write(go[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), GUARDED);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(go[i]);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_m5_a_good_file_is_good),
        CASE(test_m5_no_file_and_an_empty_one_are_no_damage),
        CASE(test_m5_a_file_cut_short),
        CASE(test_m5_meta_pages_without_sense),
        CASE(test_m5_random_heads_are_read_safely),
        CASE(test_m5_random_bytes_in_pages_never_end_in_a_crash_loop),
        CASE(test_m5_a_reader_of_a_file_that_is_cut_meanwhile_ends_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
