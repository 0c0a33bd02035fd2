// SPDX-License-Identifier: BSD-2-Clause
// Mustache templates: text to nodes. Pure.
//
// {{name}} {{#name}}…{{/name}} {{^name}}…{{/name}} {{.}} {{>partial}} {{! comment}} are those of mustache(5);
// a tag other than a value or a text that has a line to itself takes that line. There is no {{{name}}}, no
// {{&name}} and no change of delimiters. Two tags are our own, for translated texts:
//     {{_ English text with {name} values}}
//     {{_n count|{count} message|{count} messages}}
// Their runs of blanks and newlines are one blank, so that a text may go over several lines.
#ifndef TEMPLATE_TEMPLATE_PARSE_H
#define TEMPLATE_TEMPLATE_PARSE_H

#include "base/problem.h"
#include "base/slice.h"

enum {
    TEMPLATE_SOURCE_MAX = 64 * 1024, // bytes of a template
    TEMPLATE_DEPTH_MAX = 32,         // sections and partials within one another
    TEMPLATE_INDENT_MAX = 64,        // blanks and tabs before a partial
    TEMPLATE_NAME_MAX = 64,
};

enum template_kind {
    TEMPLATE_TEXT,
    TEMPLATE_VALUE,
    TEMPLATE_SECTION,
    TEMPLATE_INVERTED,
    TEMPLATE_PARTIAL,
    TEMPLATE_PHRASE,
    TEMPLATE_PLURAL,
};

// Name and text of a template, both borrowed.
struct template_source {
    const char *name; // letters, digits, "_" and "-", shorter than TEMPLATE_NAME_MAX
    struct slice text;
};

struct template_node {
    enum template_kind kind;
    bool starts_line;    // a text: its first byte, or if it is empty the tag after it, begins a line
    bool is_alone;       // a partial: it has a line to itself
    unsigned line;       // of the tag
    unsigned end;        // of a section: the index of the first node after it
    struct slice text;   // of a text; else the name of the value, section, partial or count
    struct slice indent; // before a partial that is alone
    const struct template_tree *partial; // as template_set linked it
    const char *english, *plural;        // of a phrase: English texts
};

struct template_tree {
    char name[TEMPLATE_NAME_MAX];
    char *source; // what the nodes' slices lie in
    struct template_node *nodes;
    size_t count, size;
};

// Parses a text into nodes, whose partials are NULL. If it fails, with a problem such as `filter.mustache:3:
// "{{/a}}" closes no section`, nothing is left to finish. For the start of a program: if out of memory, the
// process ends.
bool template_parse(struct template_tree *tree, const struct template_source *source, struct problem *problem)
    __attribute__((warn_unused_result));

void template_parse_finish(struct template_tree *tree);

// Returns whether the name can be that of a template.
bool template_parse_is_name(struct slice name);

#endif
