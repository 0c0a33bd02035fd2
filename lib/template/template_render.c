// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_render.h"

#include "template/template_view.h"

enum { STEPS_MAX = 1000 * 1000 }; // nodes and items of lists; a page of 50 rows has some thousand

struct rendering {
    const struct template_translator *translator;
    struct template_output *output;
    char indents[TEMPLATE_DEPTH_MAX * TEMPLATE_INDENT_MAX]; // of the partials that are open
    struct slice indent;                                    // the part of them that applies
    unsigned depth, steps;
};

// The nodes of a template from `begin` up to `end`, with the sections that are open around them.
struct span {
    const struct template_tree *tree;
    size_t begin, end;
};

static enum template_rc render_span(struct rendering *, const struct span *, const struct template_view *);

static enum template_rc add_indent(struct rendering *rendering)
{
    return template_output_add(rendering->output, rendering->indent);
}

// A text of a partial that is indented: each line that is not empty gets the indentation (mustache(5)).
static enum template_rc add_indented(struct rendering *rendering, const struct template_node *node)
{
    enum template_rc rc = TEMPLATE_DONE;
    bool starts_line = node->starts_line;
    if (node->text.len == 0)
        return add_indent(rendering);
    for (size_t begin = 0, end; begin < node->text.len && rc == TEMPLATE_DONE; begin = end) {
        const char *newline = memchr(node->text.ptr + begin, '\n', node->text.len - begin);
        end = newline ? (size_t)(newline - node->text.ptr) + 1 : node->text.len;
        if (starts_line && node->text.ptr[begin] != '\n')
            rc = add_indent(rendering);
        if (rc == TEMPLATE_DONE)
            rc = template_output_add(rendering->output, slice_make(node->text.ptr + begin, end - begin));
        starts_line = true;
    }
    return rc;
}

static enum template_rc add_value(struct rendering *rendering, const struct template_view *view,
                                  struct slice name)
{
    char number[TEMPLATE_NUMBER_MAX];
    return template_output_escape(rendering->output,
                                  template_view_text(template_view_find(view, name), number));
}

// Names in braces get their values; what is between braces and no name of the view is empty, as in {{name}}.
static enum template_rc add_phrase(struct rendering *rendering, const struct template_view *view,
                                   const char *phrase)
{
    enum template_rc rc = TEMPLATE_DONE;
    while (*phrase && rc == TEMPLATE_DONE) {
        const size_t plain = strcspn(phrase, "{");
        const char *end = strchr(phrase + plain, '}');
        const size_t len = end ? plain : strlen(phrase);
        rc = template_output_escape(rendering->output, slice_make(phrase, len));
        phrase += len;
        if (end && rc == TEMPLATE_DONE) {
            rc = add_value(rendering, view, slice_make(phrase + 1, (size_t)(end - phrase) - 1));
            phrase = end + 1;
        }
    }
    return rc;
}

static const char *translate(const struct rendering *rendering, const struct template_node *node,
                             const struct template_view *view)
{
    const struct template_translator *translator = rendering->translator;
    if (node->kind == TEMPLATE_PHRASE)
        return translator->text(translator->context, node->english);
    return translator->plural(translator->context, node->english, node->plural,
                              template_view_count(template_view_find(view, node->text)));
}

static enum template_rc render_within(struct rendering *rendering, const struct span *span,
                                      const json_t *value, const struct template_view *outer)
{
    const struct template_view view = {value, outer};
    return render_span(rendering, span, &view);
}

static enum template_rc render_section(struct rendering *rendering, const struct span *inner,
                                       const json_t *value, const struct template_view *view)
{
    enum template_rc rc = TEMPLATE_DONE;
    if (!template_view_is_true(value))
        return TEMPLATE_DONE;
    if (!json_is_array(value))
        return render_within(rendering, inner, value, view);
    for (size_t i = 0; i < json_array_size(value) && rc == TEMPLATE_DONE; i++)
        rc = render_within(rendering, inner, json_array_get(value, i), view);
    return rc;
}

// A partial is indented as the line that it has to itself, and as the partial around it; one within a line is
// not, nor what is in it.
static enum template_rc render_partial(struct rendering *rendering, const struct template_node *node,
                                       const struct template_view *view)
{
    const struct span whole = {node->partial, 0, node->partial->count};
    const struct slice before = rendering->indent;
    if (!node->is_alone)
        rendering->indent = slice_skip(before, before.len);
    if (node->indent.len > 0)
        memcpy(rendering->indents + (before.ptr + before.len - rendering->indents), node->indent.ptr,
               node->indent.len);
    rendering->indent.len += node->indent.len;
    const enum template_rc rc = render_span(rendering, &whole, view);
    rendering->indent = before;
    return rc;
}

static enum template_rc render_node(struct rendering *rendering, const struct template_tree *tree, size_t at,
                                    const struct template_view *view)
{
    const struct template_node *node = &tree->nodes[at];
    const struct span inner = {tree, at + 1, node->end};
    switch (node->kind) {
    case TEMPLATE_TEXT:
        return rendering->indent.len > 0 ? add_indented(rendering, node)
                                         : template_output_add(rendering->output, node->text);
    case TEMPLATE_VALUE:
        return add_value(rendering, view, node->text);
    case TEMPLATE_SECTION:
        return render_section(rendering, &inner, template_view_find(view, node->text), view);
    case TEMPLATE_INVERTED:
        return template_view_is_true(template_view_find(view, node->text))
                   ? TEMPLATE_DONE
                   : render_span(rendering, &inner, view);
    case TEMPLATE_PARTIAL:
        return render_partial(rendering, node, view);
    case TEMPLATE_PHRASE:
    case TEMPLATE_PLURAL:
        return add_phrase(rendering, view, translate(rendering, node, view));
    }
    return TEMPLATE_DONE;
}

static enum template_rc render_span(struct rendering *rendering, const struct span *span,
                                    const struct template_view *view)
{
    enum template_rc rc = TEMPLATE_DONE;
    if (rendering->depth == TEMPLATE_DEPTH_MAX)
        return TEMPLATE_TOO_DEEP;
    if (++rendering->steps > STEPS_MAX)
        return TEMPLATE_TOO_LARGE;
    rendering->depth++;
    for (size_t i = span->begin; i < span->end && rc == TEMPLATE_DONE;) {
        const struct template_node *node = &span->tree->nodes[i];
        rc =
            ++rendering->steps > STEPS_MAX ? TEMPLATE_TOO_LARGE : render_node(rendering, span->tree, i, view);
        i = node->kind == TEMPLATE_SECTION || node->kind == TEMPLATE_INVERTED ? node->end : i + 1;
    }
    rendering->depth--;
    return rc;
}

enum template_rc template_render(const struct template_tree *tree, const json_t *view,
                                 const struct template_translator *translator, struct template_output *output)
{
    struct rendering rendering = {.translator = translator, .output = output};
    const struct span whole = {tree, 0, tree->count};
    const struct template_view root = {view, NULL};
    rendering.indent = slice_make(rendering.indents, 0);
    return render_span(&rendering, &whole, &root);
}
