// SPDX-License-Identifier: BSD-2-Clause
#include "rows.h"

#include "directory/row.h"

#include <stdio.h>

#define MAP_SIZE ((size_t)64 << 20)

// As in sql/migrations.
static const char *const defaults[DIRECTORY_KINDS] = {
    [DIRECTORY_PLAN] = "max_message_size=26214400 vip_message_size=52428800 mailbox_quota=1073741824 "
                       "vip_quota=5368709120 candidate_quota=104857600 max_candidates=100 max_mailboxes=1000 "
                       "expiry_days=30",
    [DIRECTORY_DOMAIN] =
        "plan=basic mode=backup greylisting=suspicious spf=mark batv=off monitoring=off blacklisting=true "
        "whitelisting=true keep_copy=true verify_recipients=true "
        "queue_alert_messages=100 queue_alert_minutes=60",
    [DIRECTORY_DNSBL] = "weight=1",
};

struct line {
    enum directory_kind kind;
    struct slice texts[SCHEMA_FIELDS_MAX];
};

static struct slice next_word(struct slice *rest)
{
    struct slice word;

    *rest = slice_trim(*rest);
    slice_split(*rest, ' ', &word, rest);
    return word;
}

// column=value, or column="a value with blanks".
static struct slice next_column(struct slice *rest)
{
    struct slice column, value, tail, whole = *rest = slice_trim(*rest);

    if (!slice_split(whole, '=', &column, &value) || value.len == 0 || value.ptr[0] != '"' ||
        memchr(column.ptr, ' ', column.len))
        return next_word(rest);
    if (!slice_split(slice_skip(value, 1), '"', &value, &tail))
        return next_word(rest);
    *rest = tail;
    return slice_make(whole.ptr, (size_t)(tail.ptr - whole.ptr));
}

static struct slice unquote(struct slice text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return slice_make(text.ptr + 1, text.len - 2);
    return text;
}

static struct slice value_of(const struct schema_field *field, struct slice text)
{
    if (slice_equal(text, SLICE("null")))
        return slice_make(NULL, 0);
    if (field->type == SCHEMA_BOOL && slice_equal(text, SLICE("true")))
        return SLICE("t");
    if (field->type == SCHEMA_BOOL && slice_equal(text, SLICE("false")))
        return SLICE("f");
    return unquote(text);
}

static bool set_column(struct line *line, struct slice word)
{
    const struct schema_kind *table = &schema_kinds[line->kind];
    struct slice column, text;

    if (!slice_split(word, '=', &column, &text))
        return false;
    for (size_t i = 0; i < table->field_count; i++) {
        if (slice_equal(slice_from(table->fields[i].column), column)) {
            line->texts[i] = value_of(&table->fields[i], text);
            return true;
        }
    }
    return false;
}

static bool set_columns(struct line *line, struct slice rest)
{
    struct slice word;

    while ((word = next_column(&rest)).len > 0) {
        if (!set_column(line, word))
            return false;
    }
    return true;
}

static void set_nothing(struct line *line)
{
    const struct schema_kind *table = &schema_kinds[line->kind];

    for (size_t i = 0; i < table->field_count; i++)
        line->texts[i] = table->fields[i].type == SCHEMA_BOOL ? SLICE("f") : slice_make(NULL, 0);
}

static bool parse_line(struct slice rest, struct line *line)
{
    struct slice ignored;

    if (!schema_kind_named(next_word(&rest), &line->kind))
        return false;
    set_nothing(line);
    if (!set_columns(line, slice_from(defaults[line->kind])))
        return false;
    for (size_t i = 0; i < schema_kinds[line->kind].key_fields; i++)
        line->texts[i] = next_word(&rest);
    if (line->kind == DIRECTORY_MAILBOX)
        slice_split_last(line->texts[0], '@', &ignored, &line->texts[1]);
    return set_columns(line, rest);
}

static bool read_row(struct slice text, struct line *line, union schema_row *row, struct problem *problem)
{
    if (parse_line(text, line))
        return row_parse(line->kind, line->texts, row, problem);
    return problem_set(problem, "no row: see rows.h");
}

bool rows_check(struct slice text, struct problem *problem)
{
    struct line line;
    union schema_row row;

    return read_row(text, &line, &row, problem);
}

static bool put_line(struct replica_writer *writer, struct slice text, struct problem *problem)
{
    struct line line;
    union schema_row row;
    struct problem reason;

    if (!read_row(text, &line, &row, &reason))
        return problem_set(problem, "\"%.*s\": %s", (int)text.len, text.ptr, reason.text);
    replica_writer_put(writer, line.kind, &row);
    return true;
}

bool rows_put(struct replica_writer *writer, const char *text, struct problem *problem)
{
    struct slice rest = slice_from(text), line;

    while (rest.len > 0) {
        slice_split(rest, '\n', &line, &rest);
        line = slice_trim(line);
        if (line.len > 0 && line.ptr[0] != '#' && !put_line(writer, line, problem))
            return false;
    }
    return true;
}

bool rows_load(const char *path, const char *text, struct problem *problem)
{
    struct replica_writer *writer;
    bool done = false;

    if (replica_writer_create(path, MAP_SIZE, &writer, problem) != REPLICA_WRITER_OK)
        return false;
    if (replica_writer_begin(writer) == REPLICA_WRITER_OK) {
        replica_writer_clear(writer);
        done = rows_put(writer, text, problem) && replica_writer_commit(writer) == REPLICA_WRITER_OK;
    }
    if (replica_writer_status(writer) != REPLICA_WRITER_OK)
        problem_set(problem, "%s", replica_writer_problem(writer));
    replica_writer_destroy(writer);
    return done;
}
