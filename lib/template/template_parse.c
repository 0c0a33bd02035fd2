// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_parse.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>

struct parser {
    struct template_tree *tree;
    struct problem *problem;
    char *text; // the template's source
    size_t len, at;
    unsigned line;                     // of `at`
    unsigned open[TEMPLATE_DEPTH_MAX]; // indexes of the sections that are open
    unsigned depth;
};

// A tag in the source: "{{" is at `begin`, what lies between the braces from `inner` to `inner_end`, and the
// first byte after it at `end`. If it has a line to itself, that line is from `line_begin` to `line_end`.
struct tag {
    size_t begin, inner, inner_end, end, line_begin, line_end;
    char sign;
    bool alone;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_newline(char byte)
{
    return byte == '\n' || byte == '\r';
}

static bool is_space(char byte)
{
    return is_blank(byte) || is_newline(byte);
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '-';
}

bool template_parse_is_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.ptr[i]))
            return false;
    return name.len > 0 && name.len < TEMPLATE_NAME_MAX;
}

// "a.b.c" or ".".
static bool is_path(struct slice path)
{
    struct slice part;
    bool more = true;
    if (slice_equal(path, SLICE(".")))
        return true;
    while (more) {
        more = slice_split(path, '.', &part, &path);
        if (!template_parse_is_name(part))
            return false;
    }
    return true;
}

// The line of a byte from `at` on.
static unsigned line_at(const struct parser *parser, size_t at)
{
    unsigned line = parser->line;
    for (size_t i = parser->at; i < at; i++)
        line += parser->text[i] == '\n';
    return line;
}

// Sets the problem: where, a quotation of the source, and what is wrong with it. Returns false.
static bool fault(const struct parser *parser, size_t at, struct slice quoted, const char *wrong)
{
    const int shown = (int)(quoted.len < 60 ? quoted.len : 60);
    return problem_set(parser->problem, "%s.mustache:%u: \"%.*s\" %s", parser->tree->name,
                       line_at(parser, at), shown, quoted.ptr, wrong);
}

static bool tag_fault(const struct parser *parser, const struct tag *tag, const char *wrong)
{
    return fault(parser, tag->begin, slice_make(parser->text + tag->begin, tag->end - tag->begin), wrong);
}

static struct template_node *add_node(struct parser *parser, enum template_kind kind, size_t at)
{
    struct template_tree *tree = parser->tree;
    if (tree->count == tree->size) {
        tree->size = tree->size ? tree->size * 2 : 64;
        tree->nodes = memory_or_exit(realloc(tree->nodes, tree->size * sizeof *tree->nodes));
    }
    struct template_node *node = &tree->nodes[tree->count++];
    *node = (struct template_node){.kind = kind, .line = line_at(parser, at)};
    return node;
}

// The source up to `end`. An empty text is added only where a tag begins a line, which an indentation comes
// before.
static void add_text(struct parser *parser, size_t end, bool before_tag)
{
    const bool starts_line = parser->at == 0 || parser->text[parser->at - 1] == '\n';
    if (end > parser->at) {
        struct template_node *node = add_node(parser, TEMPLATE_TEXT, parser->at);
        node->text = slice_make(parser->text + parser->at, end - parser->at);
        node->starts_line = starts_line;
    }
    if (before_tag && (end == 0 || parser->text[end - 1] == '\n'))
        add_node(parser, TEMPLATE_TEXT, end)->starts_line = true;
}

static bool is_sign(const struct parser *parser, size_t at, const char *sign)
{
    return parser->len - at >= 2 && memcmp(parser->text + at, sign, 2) == 0;
}

// Finds the end of the tag: "}}", in a text to translate after the names in braces.
static bool find_end(const struct parser *parser, struct tag *tag)
{
    bool in_name = false;
    for (size_t i = tag->inner; i < parser->len; i++) {
        const char byte = parser->text[i];
        if (in_name) {
            in_name = byte != '}';
        } else if (tag->sign == '_' && byte == '{') {
            in_name = true;
        } else if (is_sign(parser, i, "}}")) {
            tag->inner_end = i;
            tag->end = i + 2;
            return true;
        }
    }
    return fault(parser, tag->begin, slice_make(parser->text + tag->begin, parser->len - tag->begin),
                 "has no \"}}\"");
}

// As mustache(5) has it: no byte but blanks before the tag, and none after it up to the newline.
static void find_line(const struct parser *parser, struct tag *tag)
{
    tag->line_begin = tag->begin;
    tag->line_end = tag->end;
    while (tag->line_begin > parser->at && is_blank(parser->text[tag->line_begin - 1]))
        tag->line_begin--;
    tag->alone = strchr("#^/>!", tag->sign) &&
                 (tag->line_begin == 0 || is_newline(parser->text[tag->line_begin - 1])) &&
                 (tag->end == parser->len || is_newline(parser->text[tag->end]));
    if (tag->line_end < parser->len && parser->text[tag->line_end] == '\r')
        tag->line_end++;
    if (tag->line_end < parser->len && parser->text[tag->line_end] == '\n')
        tag->line_end++;
}

static bool find_tag(const struct parser *parser, struct tag *tag)
{
    tag->inner = tag->begin + 2;
    while (tag->inner < parser->len && is_space(parser->text[tag->inner]))
        tag->inner++;
    if (tag->inner < parser->len)
        tag->sign = parser->text[tag->inner];
    if (tag->sign && strchr("#^/>!_", tag->sign))
        tag->inner++;
    else
        tag->sign = ' ';
    if (!find_end(parser, tag))
        return false;
    find_line(parser, tag);
    return true;
}

// The name in a tag, without blanks and newlines around it.
static struct slice name_in(const struct parser *parser, const struct tag *tag)
{
    size_t begin = tag->inner, end = tag->inner_end;
    while (begin < end && is_space(parser->text[begin]))
        begin++;
    while (end > begin && is_space(parser->text[end - 1]))
        end--;
    return slice_make(parser->text + begin, end - begin);
}

static bool parse_name(struct parser *parser, const struct tag *tag, enum template_kind kind)
{
    const struct slice name = name_in(parser, tag);
    if (name.len > 0 && strchr("{&=", *name.ptr))
        return tag_fault(parser, tag, "is not supported; write {{name}}, whose value is escaped");
    if (!is_path(name))
        return tag_fault(parser, tag, "has no name, as in {{name}} or {{name.part}}");
    add_node(parser, kind, tag->begin)->text = name;
    return true;
}

static bool parse_open(struct parser *parser, const struct tag *tag, enum template_kind kind)
{
    if (parser->depth == TEMPLATE_DEPTH_MAX)
        return tag_fault(parser, tag, "is in too many other sections");
    parser->open[parser->depth++] = (unsigned)parser->tree->count;
    return parse_name(parser, tag, kind);
}

static bool parse_close(struct parser *parser, const struct tag *tag)
{
    if (parser->depth == 0)
        return tag_fault(parser, tag, "closes no section");
    struct template_node *open = &parser->tree->nodes[parser->open[--parser->depth]];
    if (!slice_equal(open->text, name_in(parser, tag)))
        return tag_fault(parser, tag, "is not the end of the innermost section");
    open->end = (unsigned)parser->tree->count;
    return true;
}

static bool parse_partial(struct parser *parser, const struct tag *tag)
{
    const struct slice name = name_in(parser, tag);
    if (!template_parse_is_name(name))
        return tag_fault(parser, tag, "has no name of a template, as in {{>name}}");
    if (tag->alone && tag->begin - tag->line_begin > TEMPLATE_INDENT_MAX)
        return tag_fault(parser, tag, "is indented too far");
    struct template_node *node = add_node(parser, TEMPLATE_PARTIAL, tag->begin);
    node->text = name;
    node->is_alone = tag->alone;
    if (tag->alone)
        node->indent = slice_make(parser->text + tag->line_begin, tag->begin - tag->line_begin);
    return true;
}

// Makes runs of blanks and newlines one blank, removes them at both ends, and closes the text with a NUL, for
// which a brace or "|" after it leaves room. Returns the text.
static char *squeeze(char *text, char *end)
{
    char *to = text;
    for (char *from = text; from < end; from++)
        if (!is_space(*from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
    return text;
}

static bool parse_phrase(struct parser *parser, const struct tag *tag)
{
    const char *english = squeeze(parser->text + tag->inner, parser->text + tag->inner_end);
    if (!*english)
        return fault(parser, tag->begin, SLICE("{{_ }}"), "has no text");
    add_node(parser, TEMPLATE_PHRASE, tag->begin)->english = english;
    return true;
}

static bool parse_plural(struct parser *parser, const struct tag *tag)
{
    char *name = parser->text + tag->inner + 1, *end = parser->text + tag->inner_end;
    char *one = memchr(name, '|', (size_t)(end - name));
    char *many = one ? memchr(one + 1, '|', (size_t)(end - one - 1)) : NULL;
    if (!many || memchr(many + 1, '|', (size_t)(end - many - 1)))
        return tag_fault(parser, tag, "is not {{_n count|{count} thing|{count} things}}");
    struct template_node *node = add_node(parser, TEMPLATE_PLURAL, tag->begin);
    node->plural = squeeze(many + 1, end);
    node->english = squeeze(one + 1, many);
    node->text = slice_from(squeeze(name, one));
    if (!is_path(node->text) || !*node->english || !*node->plural)
        return fault(parser, tag->begin, SLICE("{{_n"), "needs a name and two texts: {{_n count|one|many}}");
    return true;
}

// Returns whether all names in braces of a text can be names of values.
static bool has_right_names(const struct parser *parser, const struct tag *tag)
{
    const char *end = parser->text + tag->inner_end;
    for (const char *at = parser->text + tag->inner; (at = memchr(at, '{', (size_t)(end - at)));) {
        const char *close = memchr(at, '}', (size_t)(end - at));
        if (!close || !is_path(slice_make(at + 1, (size_t)(close - at) - 1)))
            return false;
        at = close;
    }
    return true;
}

// "{{_ text}}" or "{{_n count|…}}": a blank or newline comes first, so that it is no name.
static bool parse_translated(struct parser *parser, const struct tag *tag)
{
    const char *inner = parser->text + tag->inner;
    const size_t len = tag->inner_end - tag->inner;
    if (!has_right_names(parser, tag))
        return tag_fault(parser, tag, "has braces without a name, as in {name}");
    if (len > 0 && is_space(*inner))
        return parse_phrase(parser, tag);
    if (len > 1 && *inner == 'n' && is_space(inner[1]))
        return parse_plural(parser, tag);
    return tag_fault(parser, tag, "is neither {{_ text}} nor {{_n count|one|many}}");
}

static bool parse_tag(struct parser *parser, const struct tag *tag)
{
    switch (tag->sign) {
    case '!':
        return true;
    case '#':
        return parse_open(parser, tag, TEMPLATE_SECTION);
    case '^':
        return parse_open(parser, tag, TEMPLATE_INVERTED);
    case '/':
        return parse_close(parser, tag);
    case '>':
        return parse_partial(parser, tag);
    case '_':
        return parse_translated(parser, tag);
    default:
        return parse_name(parser, tag, TEMPLATE_VALUE);
    }
}

static bool parse_nodes(struct parser *parser)
{
    for (char *open; (open = memmem(parser->text + parser->at, parser->len - parser->at, "{{", 2));) {
        struct tag tag = {.begin = (size_t)(open - parser->text)};
        if (!find_tag(parser, &tag))
            return false;
        const size_t next = tag.alone ? tag.line_end : tag.end;
        const unsigned line = line_at(parser, next); // before a text is squeezed
        add_text(parser, tag.alone ? tag.line_begin : tag.begin, !tag.alone);
        if (!parse_tag(parser, &tag))
            return false;
        parser->at = next;
        parser->line = line;
    }
    add_text(parser, parser->len, false);
    if (parser->depth == 0)
        return true;
    const struct template_node *node = &parser->tree->nodes[parser->open[parser->depth - 1]];
    return problem_set(parser->problem, "%s.mustache:%u: the section \"%.*s\" is not closed",
                       parser->tree->name, node->line, (int)node->text.len, node->text.ptr);
}

static bool check_source(const struct template_source *source, struct problem *problem)
{
    if (!template_parse_is_name(slice_from(source->name)))
        return problem_set(problem, "\"%s\" is no name of a template: use letters, digits, \"_\" and \"-\"",
                           source->name);
    if (source->text.len > TEMPLATE_SOURCE_MAX)
        return problem_set(problem, "%s.mustache: more than %d bytes; move a part of it to a partial",
                           source->name, TEMPLATE_SOURCE_MAX);
    if (source->text.len > 0 && memchr(source->text.ptr, '\0', source->text.len))
        return problem_set(problem, "%s.mustache: has a NUL byte; remove it", source->name);
    return true;
}

bool template_parse(struct template_tree *tree, const struct template_source *source, struct problem *problem)
{
    struct parser parser = {.tree = tree, .problem = problem, .len = source->text.len, .line = 1};
    *tree = (struct template_tree){0};
    if (!check_source(source, problem))
        return false;
    slice_copy(slice_from(source->name), tree->name, sizeof tree->name);
    parser.text = tree->source = memory_or_exit(malloc(parser.len + 1));
    if (parser.len > 0)
        memcpy(parser.text, source->text.ptr, parser.len);
    parser.text[parser.len] = '\0';
    if (parse_nodes(&parser))
        return true;
    template_parse_finish(tree);
    return false;
}

void template_parse_finish(struct template_tree *tree)
{
    free(tree->nodes);
    free(tree->source);
    *tree = (struct template_tree){0};
}
