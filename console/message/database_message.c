// SPDX-License-Identifier: BSD-2-Clause
#include "console/message/database_message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTS_MAX = 8, DEPTH_MAX = 8, SIZE_TEXT_MAX = 40 };

struct part {
    struct slice name, value;
};

struct match {
    struct part parts[PARTS_MAX];
    unsigned count;
};

// Splits a pattern at its next {name}: the literal before it, and the name; "" at the end.
static bool next_name(struct slice *pattern, struct slice *literal, struct slice *name)
{
    struct slice rest;
    *name = slice_make(NULL, 0);
    if (!slice_split(*pattern, '{', literal, &rest)) {
        *pattern = slice_make(NULL, 0);
        return false;
    }
    return slice_split(rest, '}', name, pattern);
}

static bool same_first(char one, char other)
{
    return tolower((unsigned char)one) == tolower((unsigned char)other);
}

static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isdigit((unsigned char)text.ptr[i]))
            return false;
    return text.len > 0;
}

// The literal at the start of a message, whose first letter may be a capital.
static bool skip_start(struct slice *message, struct slice literal)
{
    if (literal.len == 0)
        return true;
    if (message->len < literal.len || !same_first(message->ptr[0], literal.ptr[0]) ||
        memcmp(message->ptr + 1, literal.ptr + 1, literal.len - 1) != 0)
        return false;
    *message = slice_skip(*message, literal.len);
    return true;
}

// The value before the next literal, or all that is left where none follows.
static bool take_value(struct slice *message, struct slice literal, struct slice *value)
{
    const char *at = literal.len > 0 ? memmem(message->ptr, message->len, literal.ptr, literal.len) : NULL;
    if (literal.len > 0 && !at)
        return false;
    *value = at ? slice_make(message->ptr, (size_t)(at - message->ptr)) : *message;
    *message = slice_skip(*message, value->len + literal.len);
    return true;
}

static bool match_pattern(struct slice pattern, struct slice message, struct match *match)
{
    struct slice literal, name;
    bool more = next_name(&pattern, &literal, &name);
    match->count = 0;
    if (!skip_start(&message, literal))
        return false;
    while (more) {
        struct part *part = &match->parts[match->count];
        if (match->count++ == PARTS_MAX)
            return false;
        part->name = name;
        more = next_name(&pattern, &literal, &name);
        if (!take_value(&message, literal, &part->value) ||
            (slice_equal(part->name, SLICE("n")) && !is_number(part->value)))
            return false;
    }
    return message.len == 0;
}

static const struct database_message *find_row(struct slice message, struct match *match)
{
    if (slice_has_suffix(message, SLICE(".")))
        message.len--;
    for (unsigned i = 0; i < database_message_count; i++)
        if (match_pattern(slice_from(database_messages[i].pattern), message, match))
            return &database_messages[i];
    return NULL;
}

static void put_size(FILE *out, struct slice bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    char text[SIZE_TEXT_MAX];
    size_t unit = 0;
    if (!slice_copy(bytes, text, sizeof text))
        return;
    double size = strtod(text, NULL);
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    (void)snprintf(text, sizeof text, "%.1f", size);
    char *const dot = strstr(text, ".0");
    if (dot)
        *dot = '\0';
    fprintf(out, "%s %s", text, units[unit]);
}

static void put_message(FILE *out, struct slice message, const char *(*translated)(const char *), int depth);

static void put_part(FILE *out, const struct match *match, struct slice name,
                     const char *(*translated)(const char *), int depth)
{
    for (unsigned i = 0; i < match->count; i++) {
        if (!slice_equal(match->parts[i].name, name))
            continue;
        const struct slice value = match->parts[i].value;
        if (slice_equal(name, SLICE("size")))
            put_size(out, value);
        else if (slice_equal(name, SLICE("fault")) || slice_equal(name, SLICE("need")))
            put_message(out, value, translated, depth + 1);
        else
            fwrite(value.ptr, 1, value.len, out);
        return;
    }
}

static void put_text(FILE *out, struct slice text, const struct match *match,
                     const char *(*translated)(const char *), int depth)
{
    struct slice literal, name;
    bool more = true;
    while (more) {
        more = next_name(&text, &literal, &name);
        fwrite(literal.ptr, 1, literal.len, out);
        if (more)
            put_part(out, match, name, translated, depth);
    }
}

static bool is_name_byte(char byte)
{
    return islower((unsigned char)byte) || byte == '_';
}

// True if a statement, a function's call or an assignment begins at this word.
static bool is_statement(struct slice rest)
{
    static const char *const starts[] = {"select ",      "insert into ",      "delete from ",
                                         "create role ", "create extension ", "null for ",
                                         "null or ",     "setting ",          "postqueue "};
    size_t name = 0;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (slice_has_prefix(rest, slice_from(starts[i])))
            return true;
    if (slice_has_prefix(rest, SLICE("update ")))
        return memmem(rest.ptr, rest.len, " set ", 5) != NULL;
    while (name < rest.len && is_name_byte(rest.ptr[name]))
        name++;
    const struct slice after = slice_skip(rest, name);
    return name > 0 && (slice_has_prefix(after, SLICE("(")) || slice_has_prefix(after, SLICE(" = ")));
}

// The end of the clause before a word: the nearest colon, semicolon, comma or parenthesis.
static size_t clause_end(struct slice message, size_t word)
{
    for (size_t at = word; at > 0; at--)
        if (strchr(":;,(", message.ptr[at - 1]))
            return at - 1;
    return word;
}

// A message without its statements. What is in double quotes is a value.
static struct slice without_statements(struct slice message)
{
    bool quoted = false;
    for (size_t at = 0; at < message.len; at++) {
        if (message.ptr[at] == '"')
            quoted = !quoted;
        const bool is_word = !quoted && at > 0 && strchr(" (", message.ptr[at - 1]);
        if (is_word && is_statement(slice_skip(message, at)))
            return slice_trim(slice_make(message.ptr, clause_end(message, at)));
    }
    return message;
}

static void put_sentence(FILE *out, struct slice message, const char *(*translated)(const char *), int depth)
{
    char text[2000];
    if (!slice_copy(without_statements(message), text, sizeof text))
        (void)slice_copy(slice_make(message.ptr, sizeof text - 1), text, sizeof text);
    const char *known = translated(text);
    const bool ends = *text == '\0' || strchr(".!?", text[strlen(text) - 1]);
    if (depth > 0 || known != text)
        fputs(known, out);
    else
        fprintf(out, "%c%s%s", toupper((unsigned char)*text), text + (*text != '\0'), ends ? "" : ".");
}

static void put_message(FILE *out, struct slice message, const char *(*translated)(const char *), int depth)
{
    struct match match;
    const struct database_message *row = depth < DEPTH_MAX ? find_row(message, &match) : NULL;
    if (row)
        put_text(out, slice_from(translated(row->text)), &match, translated, depth);
    else
        put_sentence(out, message, translated, depth);
}

char *database_message_text(const char *message, const char *(*translated)(const char *english))
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    put_message(stream, slice_from(message), translated, 0);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}
