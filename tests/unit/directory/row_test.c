// SPDX-License-Identifier: BSD-2-Clause
#include "directory/row.h"

#include "case_lines.h"
#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 2000

static void answer_row(struct slice input, char out[CASE_ANSWER_MAX])
{
    struct problem problem;
    snprintf(out, CASE_ANSWER_MAX, "%s", rows_check(input, &problem) ? "good" : problem.text);
}

// Each row of tests/cases/directory/rows.cases is taken, or refused with the reason given there.
static void rows_are_checked(void **state)
{
    (void)state;
    case_lines_check("directory/rows.cases", answer_row);
}

static void numbers_have_bounds(void **state)
{
    struct slice texts[] = {SLICE("a@example.com"),
                            SLICE("example.com"),
                            SLICE("f"),
                            SLICE("f"),
                            SLICE("f"),
                            SLICE("f"),
                            SLICE("f"),
                            slice_make(NULL, 0),
                            SLICE("30"),
                            slice_make(NULL, 0),
                            SLICE("f"),
                            SLICE("f"),
                            SLICE("f")};
    union schema_row row;
    struct problem reason;

    (void)state;
    if (!row_parse(DIRECTORY_MAILBOX, texts, &row, &reason))
        fail_msg("%s", reason.text);
    assert_int_equal(row.mailbox.quota, -1);
    assert_int_equal(row.mailbox.expiry_days, 30);
    assert_int_equal(row.mailbox.max_message_size, -1);
    texts[8] = SLICE("-2");
    assert_false(row_parse(DIRECTORY_MAILBOX, texts, &row, &reason));
    assert_string_equal(reason.text, "column expiry_days is too small");
    texts[8] = SLICE("9223372036854775808");
    assert_false(row_parse(DIRECTORY_MAILBOX, texts, &row, &reason));
    assert_string_equal(reason.text, "column expiry_days is no number of 64 bits");
}

static void random_text(char *out, size_t *len, size_t max)
{
    *len = (size_t)rand() % (max + 1);
    for (size_t i = 0; i < *len; i++)
        out[i] = (char)(1 + rand() % 255);
}

static int64_t random_number(void)
{
    int64_t number = (int64_t)((uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^ (uint64_t)rand());

    return rand() % 4 == 0 ? -number : number >> rand() % 63;
}

static void fill_field(const struct schema_field *field, void *at, char *text)
{
    size_t len;
    int words = 1;

    switch (field->type) {
    case SCHEMA_TEXT:
        random_text(text, &len, rand() % 50 == 0 ? SCHEMA_TEXT_MAX : 40);
        *(struct slice *)at = slice_make(text, len);
        return;
    case SCHEMA_BOOL:
        *(bool *)at = rand() % 2;
        return;
    case SCHEMA_NUMBER:
        *(int64_t *)at = random_number();
        return;
    case SCHEMA_WORD:
        while (field->words[words]) // there are at least two
            words++;
        *(int *)at = rand() % words;
        return;
    }
}

static void assert_field_equal(const struct schema_field *field, const void *a, const void *b)
{
    if (field->type == SCHEMA_TEXT)
        assert_true(slice_equal(*(const struct slice *)a, *(const struct slice *)b));
    else if (field->type == SCHEMA_NUMBER)
        assert_memory_equal(a, b, sizeof(int64_t));
    else
        assert_memory_equal(a, b, field->type == SCHEMA_BOOL ? sizeof(bool) : sizeof(int));
}

// Any row comes back as it went in.
static void check_round_trip(enum directory_kind kind)
{
    static char texts[SCHEMA_FIELDS_MAX][SCHEMA_TEXT_MAX];
    static struct row_value value;
    const struct schema_kind *table = &schema_kinds[kind];
    union schema_row in = {0}, out = {0};
    struct row_key key;
    size_t len;

    for (size_t i = 0; i < table->field_count; i++)
        fill_field(&table->fields[i], (char *)&in + table->fields[i].offset, texts[i]);
    for (size_t i = 0; i < table->key_fields; i++) {
        random_text(texts[i], &len, 250);
        texts[i][0] = 'x';
        *(struct slice *)(void *)((char *)&in + table->fields[i].offset) =
            slice_make(texts[i], len ? len : 1);
    }
    assert_true(row_key(kind, &in, &key));
    assert_true(row_encode(kind, &in, &value));
    assert_true(row_decode(kind, slice_make(key.bytes, key.len), slice_make(value.bytes, value.len), &out));
    for (size_t i = 0; i < table->field_count; i++)
        assert_field_equal(&table->fields[i], (char *)&in + table->fields[i].offset,
                           (char *)&out + table->fields[i].offset);
    // No proper part of a value is a value.
    if (value.len > 0)
        assert_false(row_decode(kind, slice_make(key.bytes, key.len),
                                slice_make(value.bytes, (size_t)rand() % value.len), &out));
}

static void rows_come_back(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < ROUNDS; i++) {
        for (unsigned kind = 0; kind < DIRECTORY_KINDS; kind++)
            check_round_trip((enum directory_kind)kind);
    }
}

static void any_bytes_are_survived(void **state)
{
    char bytes[200];
    union schema_row row;
    size_t len;

    (void)state;
    srand(2);
    for (int i = 0; i < ROUNDS * 10; i++) {
        random_text(bytes, &len, sizeof(bytes));
        (void)!row_decode((enum directory_kind)(rand() % DIRECTORY_KINDS), SLICE("k"), slice_make(bytes, len),
                          &row);
    }
}

static void long_keys_are_refused(void **state)
{
    char domain[256], entry[300];
    struct row_key key;

    (void)state;
    memset(domain, 'd', sizeof(domain));
    memset(entry, 'e', sizeof(entry));
    assert_true(row_key_of(DIRECTORY_WHITELIST, slice_make(domain, 253), slice_make(entry, 257), &key));
    assert_int_equal(key.len, ROW_KEY_MAX);
    assert_false(row_key_of(DIRECTORY_WHITELIST, slice_make(domain, 253), slice_make(entry, 258), &key));
    assert_false(row_key_of(DIRECTORY_DOMAIN, slice_make("", 0), slice_make("", 0), &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_checked),      cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(rows_come_back),        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(long_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
