// SPDX-License-Identifier: BSD-2-Clause
// Queue files put together here, and one of Postfix 3.7, which is also in the corpus of the fuzz harness.
#include "queuewatch/postfix/envelope_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct file {
    size_t len;
    char bytes[65536];
};

struct outcome {
    enum envelope_rc rc;
    int64_t arrival;
    char recipients[1024]; // each with a blank after it
    size_t len;
};

static void add(struct file *file, char type, const char *data, size_t len)
{
    assert_true(file->len + len + 4 < sizeof file->bytes);
    file->bytes[file->len++] = type;
    for (size_t rest = len, more = 1; more; rest >>= 7) {
        more = rest > 0x7f;
        file->bytes[file->len++] = (char)((rest & 0x7f) | (more ? 0x80 : 0));
    }
    memcpy(file->bytes + file->len, data, len);
    file->len += len;
}

static void add_text(struct file *file, char type, const char *data)
{
    add(file, type, data, strlen(data));
}

// A pointer as Postfix writes it.
static void add_pointer(struct file *file, size_t offset)
{
    char data[32];
    snprintf(data, sizeof data, "%15zu", offset);
    add_text(file, 'p', data);
}

// The first record, of constant size: written again once the sizes are known.
static void put_size(struct file *file, size_t content, size_t offset)
{
    char data[128];
    const size_t len = file->len;
    file->len = 0;
    snprintf(data, sizeof data, "%15zu %15zu %15d %15d %15zu %15d", content, offset, 1, 0, content, 0);
    add_text(file, 'C', data);
    if (len > 0)
        file->len = len;
}

static void begin(struct file *file)
{
    file->len = 0;
    put_size(file, 0, 0);
    add_text(file, 'T', "1795944265 941584");
    add_text(file, 'A', "create_time=1795944265");
    add_text(file, 'S', "sender@x.example");
}

// Content of so many lines, then the records after it but for the end.
static void add_content(struct file *file, size_t lines)
{
    add_text(file, 'M', "");
    const size_t offset = file->len;
    for (size_t i = 0; i < lines; i++)
        add_text(file, 'N', "Subject: R E D ~ this is content");
    put_size(file, file->len - offset, offset);
    add_text(file, 'X', "");
}

static void on_recipient(struct slice address, void *arg)
{
    struct outcome *outcome = arg;
    const size_t room = sizeof outcome->recipients - outcome->len;
    const int len =
        snprintf(outcome->recipients + outcome->len, room, "%.*s ", (int)address.len, address.ptr);
    assert_true(len > 0 && (size_t)len < room);
    outcome->len += (size_t)len;
}

static struct outcome take(const char *bytes, size_t len)
{
    struct outcome outcome = {.rc = ENVELOPE_MORE};
    struct envelope_reader reader = {.on_recipient = on_recipient, .arg = &outcome};
    while (outcome.rc == ENVELOPE_MORE) {
        const size_t at = reader.offset < len ? (size_t)reader.offset : len, rest = len - at;
        const size_t window = rest < ENVELOPE_READER_WINDOW ? rest : ENVELOPE_READER_WINDOW;
        outcome.rc = envelope_reader_take(&reader, slice_make(bytes + at, window));
    }
    outcome.arrival = reader.arrival;
    return outcome;
}

static void expect(const struct file *file, const char *recipients)
{
    const struct outcome outcome = take(file->bytes, file->len);
    assert_int_equal(outcome.rc, ENVELOPE_END);
    assert_int_equal(outcome.arrival, 1795944265);
    assert_string_equal(outcome.recipients, recipients);
}

static void test_waiting_recipients(void **state)
{
    static struct file file;
    (void)state;
    begin(&file);
    add_text(&file, 'O', "alias@d1.example");
    add_text(&file, 'R', "a@d1.example");
    add_text(&file, 'D', "delivered@d2.example");
    add_text(&file, 'R', "b@d3.example");
    add_content(&file, 3);
    add_text(&file, 'E', "");
    expect(&file, "a@d1.example b@d3.example ");
}

static void test_recipients_after_the_content(void **state)
{
    static struct file file;
    (void)state;
    begin(&file);
    add_content(&file, 1000); // more than the window
    add_text(&file, 'R', "late@d1.example");
    add_text(&file, 'E', "");
    expect(&file, "late@d1.example ");
}

// A milter's edits: "p" before the end leads to what was added, and from there back.
static void test_recipients_by_pointer(void **state)
{
    static struct file file;
    (void)state;
    begin(&file);
    add_text(&file, 'D', "old@d1.example");
    add_content(&file, 3);
    const size_t pointer = file.len;
    add_pointer(&file, 0);
    const size_t back = file.len;
    add_text(&file, 'E', "");
    const size_t target = file.len;
    add_text(&file, 'R', "new@d1.example");
    add_pointer(&file, back);
    const size_t end = file.len;
    file.len = pointer;
    add_pointer(&file, target);
    file.len = end;
    expect(&file, "new@d1.example ");
}

static void expect_bad(const struct file *file)
{
    assert_int_equal(take(file->bytes, file->len).rc, ENVELOPE_BAD);
}

static void test_files_that_are_none(void **state)
{
    static struct file file;
    (void)state;
    file.len = 0;
    expect_bad(&file); // empty
    add_text(&file, 'E', "");
    expect_bad(&file); // an end without content
    begin(&file);
    add_pointer(&file, 1); // into the middle of a record
    expect_bad(&file);
    begin(&file);
    const size_t at = file.len;
    add_pointer(&file, at); // a loop
    expect_bad(&file);
    begin(&file);
    add_text(&file, 'M', "");
    add_text(&file, 'M', ""); // content twice
    expect_bad(&file);
    begin(&file);
    memcpy(file.bytes + file.len, "R\xff\xff\xff\xff\x7f", 6); // a length beyond all bounds
    file.len += 6;
    expect_bad(&file);
}

// A file that Postfix still writes ends anywhere.
static void test_every_part_of_a_file(void **state)
{
    static struct file file;
    (void)state;
    begin(&file);
    add_text(&file, 'R', "a@d1.example");
    add_content(&file, 2);
    add_text(&file, 'E', "");
    for (size_t len = 0; len < file.len; len++)
        assert_int_equal(take(file.bytes, len).rc, ENVELOPE_BAD);
}

static void test_a_file_of_postfix(void **state)
{
    char bytes[4096];
    FILE *in = fopen(EMG_CASES "/../fuzz/corpus/envelope/deferred", "rb");
    (void)state;
    assert_non_null(in);
    const struct outcome outcome = take(bytes, fread(bytes, 1, sizeof bytes, in));
    fclose(in);
    assert_int_equal(outcome.rc, ENVELOPE_END);
    assert_int_equal(outcome.arrival, 1795944265);
    assert_string_equal(outcome.recipients, "u@d1.example u@d1.example.store.invalid ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting_recipients),    cmocka_unit_test(test_recipients_after_the_content),
        cmocka_unit_test(test_recipients_by_pointer), cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_every_part_of_a_file),  cmocka_unit_test(test_a_file_of_postfix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
