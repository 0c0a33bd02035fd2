// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/explain/explanation.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#define SAYS_MAX 4096 // bytes of one step's sentence; the rest of a longer one is left out

void explanation_init(struct explanation *out)
{
    *out = (struct explanation){.document = json_pack("{s:[]}", "steps")};
    out->incomplete = !out->document;
}

void explanation_finish(struct explanation *explanation)
{
    json_decref(explanation->document);
    explanation->document = NULL;
}

// JSON is UTF-8; other bytes are shown as the log shows them.
static json_t *make_text(struct slice text)
{
    json_t *value = text.len ? json_stringn(text.ptr, text.len) : json_string("");
    return value ? value : json_string(log_text(text).text);
}

static json_t *make_value(const struct schema_field *field, const char *row)
{
    const void *at = row + field->offset;
    struct slice text;
    int word;
    switch (field->type) {
    case SCHEMA_BOOL:
        return json_boolean(*(const bool *)at);
    case SCHEMA_NUMBER:
        return field->nullable && *(const int64_t *)at == -1 ? json_null()
                                                             : json_integer(*(const int64_t *)at);
    case SCHEMA_WORD:
        memcpy(&word, at, sizeof word);
        return json_string(field->words[word]);
    case SCHEMA_TEXT:
        break;
    }
    memcpy(&text, at, sizeof text);
    return field->nullable && text.len == 0 ? json_null() : make_text(text);
}

static void set(struct explanation *explanation, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        explanation->incomplete = true;
}

static json_t *add_step(struct explanation *explanation, const char *step, json_t *key)
{
    json_t *object = json_object();
    set(explanation, object, "step", json_string(step));
    set(explanation, object, "key", key);
    if (json_array_append_new(json_object_get(explanation->document, "steps"), object) != 0)
        explanation->incomplete = true;
    return object;
}

void explanation_row(struct explanation *explanation, enum directory_kind kind, const void *row,
                     const char *says)
{
    const struct schema_kind *table = &schema_kinds[kind];
    json_t *object = add_step(explanation, table->name, make_value(&table->fields[0], row));
    json_t *columns = json_object();
    set(explanation, object, "columns", columns);
    for (size_t i = 1; i < table->field_count; i++)
        set(explanation, columns, table->fields[i].column, make_value(&table->fields[i], row));
    if (says)
        set(explanation, object, "says", json_string(says));
}

void explanation_step(struct explanation *explanation, const char *step, struct slice key, const char *format,
                      ...)
{
    char says[SAYS_MAX];
    va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 loses sight of va_start()
    vsnprintf(says, sizeof says, format, arguments);
    va_end(arguments);
    json_t *object = add_step(explanation, step, make_text(key));
    set(explanation, object, "says", make_text(slice_from(says)));
}

void explanation_answer(struct explanation *explanation, const char *action, const char *reason)
{
    set(explanation, explanation->document, "action", json_string(action));
    set(explanation, explanation->document, "reason", json_string(reason));
}

// Unchanged, unless it holds control characters.
static void print_text(FILE *out, const char *text)
{
    const char *at = text;
    while (*at >= ' ' && *at <= '~')
        at++;
    fputs(*at ? log_text(slice_from(text)).text : text, out);
}

static void print_value(FILE *out, json_t *value)
{
    if (json_is_string(value))
        print_text(out, json_string_value(value));
    else if (json_is_integer(value))
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        fprintf(out, "%s", json_is_null(value) ? "null" : json_is_true(value) ? "true" : "false");
}

static void print_step(FILE *out, json_t *step)
{
    const char *key = json_string_value(json_object_get(step, "key"));
    const char *says = json_string_value(json_object_get(step, "says"));
    json_t *columns = json_object_get(step, "columns"), *value;
    const char *column;
    fprintf(out, "%-17s", json_string_value(json_object_get(step, "step")));
    if (key && key[0]) {
        fputc(' ', out);
        print_text(out, key);
    }
    json_object_foreach(columns, column, value)
    {
        fprintf(out, " %s=", column);
        print_value(out, value);
    }
    if (says) {
        fputs((key && key[0]) || columns ? ": " : " ", out);
        print_text(out, says);
    }
    fputc('\n', out);
}

bool explanation_print(const struct explanation *explanation, FILE *out)
{
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(explanation->document, "steps"), i, step)
    {
        print_step(out, step);
    }
    const char *action = json_string_value(json_object_get(explanation->document, "action"));
    const char *reason = json_string_value(json_object_get(explanation->document, "reason"));
    if (action && reason) {
        fprintf(out, "%-18s", "answer");
        print_text(out, action);
        fprintf(out, " (%s)\n", reason);
    }
    return !explanation->incomplete && !ferror(out);
}

bool explanation_print_json(const struct explanation *explanation, FILE *out)
{
    return !explanation->incomplete && json_dumpf(explanation->document, out, JSON_COMPACT) == 0 &&
           fputc('\n', out) != EOF;
}
