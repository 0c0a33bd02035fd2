// SPDX-License-Identifier: BSD-2-Clause
#include "directory/row.h"

#include "base/bug.h"

#include <stdio.h>

_Static_assert(sizeof(enum domain_mode) == sizeof(int), "a word is stored through an int");

// ---- texts to struct ----

static const char *parse_number(const struct schema_field *field, struct slice text, void *at)
{
    unsigned long long magnitude;
    const bool negative = text.len > 0 && text.ptr[0] == '-';
    int64_t number;
    if (!slice_number(negative ? slice_skip(text, 1) : text, INT64_MAX, &magnitude))
        return "is no number of 64 bits";
    number = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (number < field->min)
        return "is too small";
    if (number > field->max)
        return "is too large";
    memcpy(at, &number, sizeof number);
    return NULL;
}

static const char *parse_bool(struct slice text, bool *at)
{
    if (text.len != 1 || (text.ptr[0] != 't' && text.ptr[0] != 'f'))
        return "is neither t nor f";
    *at = text.ptr[0] == 't';
    return NULL;
}

static const char *parse_word(const struct schema_field *field, struct slice text, void *at)
{
    for (int i = 0; field->words[i]; i++) {
        if (slice_equal(slice_from(field->words[i]), text)) {
            memcpy(at, &i, sizeof i);
            return NULL;
        }
    }
    return "is none of the column's words";
}

static const char *parse_text(const struct schema_field *field, struct slice text, struct slice *at)
{
    if (text.len > SCHEMA_TEXT_MAX)
        return "is too long";
    if (memchr(text.ptr, '\0', text.len))
        return "holds a NUL byte";
    const char *wrong = field->check ? field->check(text) : NULL;
    if (!wrong)
        *at = text;
    return wrong;
}

static const char *parse_null(const struct schema_field *field, void *at)
{
    static const int64_t none = -1;
    if (!field->nullable)
        return "is null";
    if (field->type == SCHEMA_NUMBER)
        memcpy(at, &none, sizeof none);
    else
        *(struct slice *)at = slice_make("", 0);
    return NULL;
}

static const char *parse_field(const struct schema_field *field, struct slice text, void *at)
{
    if (!text.ptr || (field->nullable && field->type == SCHEMA_TEXT && text.len == 0))
        return parse_null(field, at);
    switch (field->type) {
    case SCHEMA_TEXT:
        return parse_text(field, text, at);
    case SCHEMA_BOOL:
        return parse_bool(text, at);
    case SCHEMA_NUMBER:
        return parse_number(field, text, at);
    case SCHEMA_WORD:
        return parse_word(field, text, at);
    }
    bug_abort("column %s of type %d", field->column, (int)field->type);
}

bool row_parse(enum directory_kind kind, const struct slice *texts, union schema_row *out,
               struct problem *reason)
{
    const struct schema_kind *table = &schema_kinds[kind];
    struct row_key ignored;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < table->field_count; i++) {
        const struct schema_field *field = &table->fields[i];
        const char *wrong = parse_field(field, texts[i], (char *)out + field->offset);
        if (wrong) {
            problem_set(reason, "column %s %s", field->column, wrong);
            return false;
        }
    }
    if (!row_key(kind, out, &ignored)) {
        problem_set(reason, "the key is longer than %d bytes", ROW_KEY_MAX);
        return false;
    }
    return true;
}

// ---- struct to key and value ----

static struct slice text_field(const struct schema_field *field, const void *row)
{
    struct slice text;
    memcpy(&text, (const char *)row + field->offset, sizeof text);
    return text;
}

bool row_key_of(enum directory_kind kind, struct slice first, struct slice second, struct row_key *out)
{
    const bool two = schema_kinds[kind].key_fields == 2;
    const size_t len = first.len + (two ? 1 + second.len : 0);
    // An empty key is none of LMDB's, and a NUL ends the first field.
    if (first.len == 0 || len > ROW_KEY_MAX || memchr(first.ptr, '\0', first.len))
        return false;
    memcpy(out->bytes, first.ptr, first.len);
    if (two) {
        out->bytes[first.len] = '\0';
        if (second.len > 0)
            memcpy(out->bytes + first.len + 1, second.ptr, second.len);
    }
    out->len = len;
    return true;
}

bool row_key(enum directory_kind kind, const union schema_row *row, struct row_key *out)
{
    const struct schema_field *fields = schema_kinds[kind].fields;
    struct slice second = {NULL, 0};
    if (schema_kinds[kind].key_fields == 2)
        second = text_field(&fields[1], row);
    return row_key_of(kind, text_field(&fields[0], row), second, out);
}

// Little-endian base 128; seven bits a byte, the highest bit says that more follow.
static void encode_varint(struct row_value *out, uint64_t number)
{
    while (number >= 0x80) {
        out->bytes[out->len++] = (char)(0x80 | (number & 0x7f));
        number >>= 7;
    }
    out->bytes[out->len++] = (char)number;
}

static void encode_number(struct row_value *out, const void *at)
{
    int64_t number;
    memcpy(&number, at, sizeof number);
    // Zigzag, so that -1 takes one byte.
    encode_varint(out, ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0));
}

static bool encode_text(struct row_value *out, struct slice text)
{
    if (text.len > SCHEMA_TEXT_MAX)
        return false;
    encode_varint(out, text.len);
    if (text.len > 0)
        memcpy(out->bytes + out->len, text.ptr, text.len);
    out->len += text.len;
    return true;
}

static bool encode_field(const struct schema_field *field, const void *row, struct row_value *out)
{
    const char *at = (const char *)row + field->offset;
    bool flag;
    int word;
    switch (field->type) {
    case SCHEMA_TEXT:
        return encode_text(out, text_field(field, row));
    case SCHEMA_BOOL:
        memcpy(&flag, at, sizeof flag);
        encode_varint(out, flag);
        return true;
    case SCHEMA_NUMBER:
        encode_number(out, at);
        return true;
    case SCHEMA_WORD:
        memcpy(&word, at, sizeof word);
        encode_varint(out, (uint64_t)word);
        return true;
    }
    bug_abort("column %s of type %d", field->column, (int)field->type);
}

bool row_encode(enum directory_kind kind, const union schema_row *row, struct row_value *out)
{
    const struct schema_kind *table = &schema_kinds[kind];
    out->len = 0;
    for (size_t i = 1; i < table->field_count; i++)
        if (!encode_field(&table->fields[i], row, out))
            return false;
    return true;
}

// ---- key and value to struct ----

// After the first error every read gives nothing, so that it is asked about once, at the end.
struct cursor {
    struct slice left;
    bool bad;
};

static uint64_t read_varint(struct cursor *cursor)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && cursor->left.len > 0; shift += 7) {
        unsigned char byte = (unsigned char)cursor->left.ptr[0];
        cursor->left = slice_skip(cursor->left, 1);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return number;
    }
    cursor->bad = true;
    return 0;
}

static struct slice read_text(struct cursor *cursor)
{
    const uint64_t len = read_varint(cursor);
    if (len > cursor->left.len) {
        cursor->bad = true;
        return slice_make("", 0);
    }
    const struct slice text = slice_make(cursor->left.ptr, (size_t)len);
    cursor->left = slice_skip(cursor->left, (size_t)len);
    return text;
}

static int read_word(struct cursor *cursor, const char *const *words)
{
    const uint64_t number = read_varint(cursor);
    for (int i = 0; words[i]; i++)
        if ((uint64_t)i == number)
            return i;
    cursor->bad = true;
    return 0;
}

static void read_field(struct cursor *cursor, const struct schema_field *field, char *at)
{
    uint64_t number;
    switch (field->type) {
    case SCHEMA_TEXT:
        *(struct slice *)(void *)at = read_text(cursor);
        return;
    case SCHEMA_BOOL:
        number = read_varint(cursor);
        cursor->bad |= number > 1;
        *(bool *)at = number == 1;
        return;
    case SCHEMA_NUMBER:
        number = read_varint(cursor);
        *(int64_t *)(void *)at = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
        return;
    case SCHEMA_WORD:
        *(int *)(void *)at = read_word(cursor, field->words);
        return;
    }
    bug_abort("column %s of type %d", field->column, (int)field->type);
}

bool row_decode(enum directory_kind kind, struct slice key, struct slice value, void *out)
{
    const struct schema_kind *table = &schema_kinds[kind];
    struct cursor cursor = {value, false};
    struct slice first = key, second;
    if (table->key_fields == 2)
        slice_split(key, '\0', &first, &second);
    *(struct slice *)(void *)((char *)out + table->fields[0].offset) = first;
    for (size_t i = 1; i < table->field_count; i++)
        read_field(&cursor, &table->fields[i], (char *)out + table->fields[i].offset);
    return !cursor.bad && cursor.left.len == 0;
}
