// SPDX-License-Identifier: BSD-2-Clause
#include "template/template_set.h"

#include "base/memory.h"
#include "template/template_folder.h"

#include <stdlib.h>

struct template_set {
    struct template_tree *templates; // by name
    size_t count;
};

static int compare_name(const void *key, const void *entry)
{
    return slice_compare(*(const struct slice *)key, slice_from(((const struct template_tree *)entry)->name));
}

static int compare_templates(const void *a, const void *b)
{
    const struct slice name = slice_from(((const struct template_tree *)a)->name);
    return compare_name(&name, b);
}

static struct template_tree *find(const struct template_set *set, struct slice name)
{
    return bsearch(&name, set->templates, set->count, sizeof *set->templates, compare_name);
}

static bool check_names(const struct template_set *set, struct problem *problem)
{
    for (size_t i = 1; i < set->count; i++)
        if (strcmp(set->templates[i - 1].name, set->templates[i].name) == 0)
            return problem_set(problem, "there are two templates \"%s\"", set->templates[i].name);
    return true;
}

static bool link_partials(const struct template_set *set, const struct template_tree *tree,
                          struct problem *problem)
{
    for (size_t i = 0; i < tree->count; i++) {
        struct template_node *node = &tree->nodes[i];
        if (node->kind != TEMPLATE_PARTIAL)
            continue;
        node->partial = find(set, node->text);
        if (!node->partial)
            return problem_set(problem, "%s.mustache:%u: there is no template \"%.*s\"", tree->name,
                               node->line, (int)node->text.len, node->text.ptr);
    }
    return true;
}

static bool parse_sources(struct template_set *set, const struct template_source *sources, size_t count,
                          struct problem *problem)
{
    for (; set->count < count; set->count++)
        if (!template_parse(&set->templates[set->count], &sources[set->count], problem))
            return false;
    qsort(set->templates, set->count, sizeof *set->templates, compare_templates);
    bool right = check_names(set, problem);
    for (size_t i = 0; i < set->count && right; i++)
        right = link_partials(set, &set->templates[i], problem);
    return right;
}

struct template_set *template_set_parse(const struct template_source *sources, size_t count,
                                        struct problem *problem)
{
    if (count == 0 || count > TEMPLATE_SET_MAX) {
        problem_set(problem, "%zu templates, and 1 to %d are expected", count, TEMPLATE_SET_MAX);
        return NULL;
    }
    struct template_set *set = memory_or_exit(calloc(1, sizeof *set));
    set->templates = memory_or_exit(calloc(count, sizeof *set->templates));
    if (parse_sources(set, sources, count, problem))
        return set;
    template_set_destroy(set);
    return NULL;
}

struct template_set *template_set_create(const char *folder, struct problem *problem)
{
    struct template_folder files;
    struct template_set *set = NULL;
    if (template_folder_read(&files, folder, problem))
        set = template_set_parse(files.sources, files.count, problem);
    template_folder_finish(&files);
    return set;
}

void template_set_destroy(struct template_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        template_parse_finish(&set->templates[i]);
    free(set->templates);
    free(set);
}

bool template_set_has(const struct template_set *set, const char *name)
{
    return find(set, slice_from(name)) != NULL;
}

enum template_rc template_set_render(const struct template_set *set, const char *name, const json_t *view,
                                     const struct template_translator *translator,
                                     struct template_output *output)
{
    const struct template_tree *tree = find(set, slice_from(name));
    return tree ? template_render(tree, view, translator, output) : TEMPLATE_UNKNOWN;
}

const char *template_set_fault(enum template_rc rc)
{
    switch (rc) {
    case TEMPLATE_DONE:
        break;
    case TEMPLATE_UNKNOWN:
        return "there is no such template";
    case TEMPLATE_TOO_LARGE:
        return "the page exceeds 256 KB or a million steps";
    case TEMPLATE_TOO_DEEP:
        return "more than 32 sections and partials are within one another";
    case TEMPLATE_NO_MEMORY:
        return "out of memory";
    }
    return "";
}
