// SPDX-License-Identifier: BSD-2-Clause
#include "mailstore/usage/usage_folder.h"

#include "case_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void note_of(struct slice input, char out[CASE_ANSWER_MAX])
{
    char text[USAGE_NOTE_MAX], user[USAGE_USER_MAX];
    struct slice tail, name, last, rest;
    struct usage_note note;
    slice_split(input, ' ', &name, &rest);
    if (slice_split_last(name, '/', &tail, &last))
        name = last;
    else
        tail = SLICE("");
    if (slice_equal(rest, SLICE("-")))
        rest.len = 0;
    assert_true(slice_copy(rest, text, sizeof text));
    for (char *at = text; *at; at++)
        if (*at == '|')
            *at = '\n';
    if (!usage_note_user(tail, name, user))
        snprintf(out, CASE_ANSWER_MAX, "none");
    else if (!usage_note_read(slice_make(text, rest.len), &note))
        snprintf(out, CASE_ANSWER_MAX, "%s unreadable", user);
    else
        snprintf(out, CASE_ANSWER_MAX, "%s %lld %lld", user, (long long)note.bytes, (long long)note.messages);
}

static void test_notes(void **state)
{
    (void)state;
    case_lines_check("mailstore/usage.cases", note_of);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

#define NOTE(bytes) "priv/quota/messages\n1\npriv/quota/storage\n" bytes "\n"

static struct usage_taken batch[USAGE_BATCH];

// A note that was taken and not removed is taken again, unless a later one of that user is there.
static void test_notes_are_kept_until_removed(void **state)
{
    char path[] = "/tmp/usage_test.XXXXXX", taken[64];
    struct usage_folder folder, other;
    (void)state;
    assert_non_null(mkdtemp(path));
    usage_folder_init(&folder, path);
    usage_folder_init(&other, path);
    assert_true(usage_folder_open(&folder));
    assert_false(usage_folder_open(&other));
    assert_int_equal(errno, EWOULDBLOCK);
    put(path, "a@d.usage", NOTE("5"));
    put(path, "a@d.usage.lock", NOTE("6"));
    assert_int_equal(usage_folder_take(&folder, batch), 1);
    assert_int_equal(batch[0].note.bytes, 5);
    usage_folder_finish(&folder);
    assert_true(usage_folder_open(&other));
    assert_int_equal(usage_folder_take(&other, batch), 1);
    assert_int_equal(batch[0].note.bytes, 5);
    put(path, "a@d.usage", NOTE("7"));
    assert_int_equal(usage_folder_take(&other, batch), 1);
    assert_int_equal(batch[0].note.bytes, 7);
    usage_folder_remove(&other, &batch[0]);
    assert_int_equal(usage_folder_take(&other, batch), 0);
    usage_folder_finish(&other);
    snprintf(taken, sizeof taken, "%s/+taken", path);
    assert_int_equal(rmdir(taken), 0);
    snprintf(taken, sizeof taken, "%s/a@d.usage.lock", path);
    assert_int_equal(unlink(taken), 0);
    assert_int_equal(rmdir(path), 0);
}

// New ones first; no more than a batch holds; the rest later.
static void test_a_batch_is_bounded(void **state)
{
    char path[] = "/tmp/usage_test.XXXXXX", name[64];
    struct usage_folder folder;
    size_t all = 0;
    (void)state;
    assert_non_null(mkdtemp(path));
    usage_folder_init(&folder, path);
    assert_true(usage_folder_open(&folder));
    for (int i = 0; i < USAGE_BATCH + 50; i++) {
        snprintf(name, sizeof name, "u%d@d.usage", i);
        put(path, name, NOTE("1"));
    }
    assert_int_equal(usage_folder_take(&folder, batch), USAGE_BATCH);
    for (size_t count = USAGE_BATCH; count > 0; count = usage_folder_take(&folder, batch)) {
        all += count;
        for (size_t i = 0; i < count; i++)
            usage_folder_remove(&folder, &batch[i]);
    }
    assert_int_equal(all, USAGE_BATCH + 50);
    usage_folder_finish(&folder);
    snprintf(name, sizeof name, "%s/+taken", path);
    assert_int_equal(rmdir(name), 0);
    assert_int_equal(rmdir(path), 0);
}

// A user whose name is longer than a file's: Dovecot writes the rest of it as a folder's.
static void test_a_long_user(void **state)
{
    char path[] = "/tmp/usage_test.XXXXXX", head[USAGE_HEAD + 1], name[NAME_MAX], sub[64];
    struct usage_folder folder;
    (void)state;
    memset(head, 'a', USAGE_HEAD);
    head[USAGE_HEAD] = '\0';
    assert_non_null(mkdtemp(path));
    usage_folder_init(&folder, path);
    assert_true(usage_folder_open(&folder));
    snprintf(sub, sizeof sub, "%s/.example", path);
    assert_int_equal(mkdir(sub, 0700), 0);
    snprintf(name, sizeof name, "%s.usage", head);
    put(sub, name, NOTE("5"));
    put(path, name, NOTE("6"));
    for (int turn = 0; turn < 2; turn++) { // the second one takes those that were taken before
        assert_int_equal(usage_folder_take(&folder, batch), 2);
        const bool first = batch[0].note.bytes == 6;
        assert_string_equal(batch[first ? 0 : 1].user, head);
        assert_int_equal(strlen(batch[first ? 1 : 0].user), USAGE_HEAD + strlen(".example"));
        assert_string_equal(batch[first ? 1 : 0].user + USAGE_HEAD, ".example");
    }
    put(sub, name, NOTE("7"));
    assert_int_equal(usage_folder_take(&folder, batch), 2);
    assert_int_equal(batch[0].note.bytes, 7);
    usage_folder_remove(&folder, &batch[0]);
    usage_folder_remove(&folder, &batch[1]);
    assert_int_equal(usage_folder_take(&folder, batch), 0);
    usage_folder_finish(&folder);
    assert_int_equal(rmdir(sub), 0);
    snprintf(sub, sizeof sub, "%s/+taken/.example", path);
    assert_int_equal(rmdir(sub), 0);
    snprintf(sub, sizeof sub, "%s/+taken", path);
    assert_int_equal(rmdir(sub), 0);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_notes_are_kept_until_removed),
        cmocka_unit_test(test_a_batch_is_bounded),
        cmocka_unit_test(test_a_long_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
