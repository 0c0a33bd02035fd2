// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/journal/journal_line.h"

#include "tracker/journal/journal_cursors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char out[JOURNAL_LINE_MAX];

static void expect(const struct journal_entry *entry, const char *wanted)
{
    const struct slice line = journal_line_write(entry, out);
    assert_int_equal(line.len, strlen(wanted));
    assert_memory_equal(line.ptr, wanted, line.len);
}

static void an_entry_is_a_line(void **state)
{
    (void)state;
    expect(&(struct journal_entry){.time = 1795960800123456,
                                   .identifier = SLICE("postfix/smtpd"),
                                   .pid = SLICE("9"),
                                   .message = SLICE("connect from c[192.0.2.1]")},
           "2026-11-29T14:00:00.123456Z - postfix/smtpd[9]: connect from c[192.0.2.1]");
    expect(&(struct journal_entry){.time = -1}, "1970-01-01T00:00:00.000000Z - ?: ");
    expect(
        &(struct journal_entry){
            .time = 0, .identifier = SLICE("x"), .pid = SLICE("1x"), .message = SLICE("y")},
        "1970-01-01T00:00:00.000000Z - x: y");
}

// No program can make a line look like another one's.
static void texts_stay_in_their_place(void **state)
{
    (void)state;
    expect(&(struct journal_entry){.identifier = SLICE("a b[1]: postfix/smtp\n"),
                                   .message = SLICE("one\ntwo\0three")},
           "1970-01-01T00:00:00.000000Z - a?b?1???postfix/smtp?: one?two?three");
}

static void long_texts_are_cut(void **state)
{
    const size_t size = 1000000;
    char *text = malloc(size);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', size);
    const struct slice all = slice_make(text, size);
    const struct slice line =
        journal_line_write(&(struct journal_entry){.identifier = all, .pid = all, .message = all}, out);
    assert_in_range(line.len, LOG_FILE_LINE_MAX, JOURNAL_LINE_MAX);
    free(text);
}

static void cursors_are_kept_for_a_replay(void **state)
{
    static struct journal_cursors cursors;
    (void)state;
    assert_null(journal_cursors_find(&cursors, 5));
    for (int64_t position = 10; position < INT64_C(400000000); position += 10000) {
        struct log_follow_place place = {.position = position};
        snprintf(place.id, sizeof place.id, "c%lld", (long long)position);
        if (journal_cursors_due(&cursors, position))
            journal_cursors_note(&cursors, &place);
    }
    assert_true(cursors.count > JOURNAL_CURSORS);
    assert_null(journal_cursors_find(&cursors, 1000)); // too long ago
    for (int64_t position = 150000000; position < INT64_C(400000000); position += 7777777) {
        const struct log_follow_place *found = journal_cursors_find(&cursors, position);
        assert_non_null(found);
        assert_in_range(position - found->position, 0, 2 * JOURNAL_CURSOR_STEP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_a_line),
        cmocka_unit_test(texts_stay_in_their_place),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(cursors_are_kept_for_a_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
